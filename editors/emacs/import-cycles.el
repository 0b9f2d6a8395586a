;;; import-cycles.el --- Import cycles of Python projects  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "26.3"))

;;; Commentary:

;; Tells eglot, and lsp-mode where it is installed, how to start the server.  Loading this
;; file starts nothing: M-x eglot (or M-x lsp) in a Python buffer does.
;;
;; eglot runs one server for a buffer, and this file makes ours the one for Python.  lsp-mode
;; runs several: there ours is an add-on, beside the server that is in use already.

;;; Code:

(require 'project)

(defgroup import-cycles nil
  "Import cycles of Python projects."
  :group 'tools)

(defcustom import-cycles-command '("import-cycles" "server")
  "The program that serves, and its arguments."
  :type '(repeat string))

(defcustom import-cycles-root-markers
  '("pyproject.toml" "setup.cfg" "setup.py" ".git")
  "What stands in the root folder of a project; the first that is found counts."
  :type '(repeat string))

(defvar eglot-lsp-context)
(defvar eglot-server-programs)

(defun import-cycles-project (folder)
  "The project that FOLDER is in, for eglot in a Python buffer.
A project under version control is found by project.el itself.  Any other
would be taken to end at the folder of the file, and imports between its
packages would not be seen."
  (when (and (bound-and-true-p eglot-lsp-context)
             (derived-mode-p 'python-mode 'python-base-mode))
    (let ((root nil))
      (dolist (marker import-cycles-root-markers)
        (setq root (or root (locate-dominating-file folder marker))))
      (and root (cons 'transient root)))))

(add-hook 'project-find-functions #'import-cycles-project t)

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               `((python-mode python-ts-mode)
                 . ,(lambda (&rest _) import-cycles-command))))

(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(defvar lsp-language-id-configuration)

(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '(python-ts-mode . "python"))
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () import-cycles-command))
                    :major-modes '(python-mode python-ts-mode)
                    :server-id 'import-cycles
                    :add-on? t)))

(provide 'import-cycles)
;;; import-cycles.el ends here
