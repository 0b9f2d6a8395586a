;;; smoke.el --- Checks an installation in a real Emacs  -*- lexical-binding: t; -*-

;;; Commentary:

;; emacs --batch --eval '(package-initialize)' \
;;       -l editors/emacs/import-cycles.el -l editors/emacs/smoke.el
;;
;; Opens a small project with cycles in eglot, prints `ok STEP' for each thing that works, and
;; ends with status 1 at the first that does not.

;;; Code:

(require 'cl-lib)
(require 'eglot)
(require 'flymake)

(setq eglot-sync-connect 20
      eglot-autoshutdown nil
      eglot-confirm-server-initiated-edits nil
      ;; An idle timer never fires in batch: `smoke-changed' tells the server instead.
      eglot-send-changes-idle-time 0
      coding-system-for-read 'utf-8
      coding-system-for-write 'utf-8)

(defun smoke-check (step passed seen)
  "Print that STEP worked if PASSED; else print what was SEEN and end Emacs."
  (if passed
      (princ (format "ok %s\n" step))
    (princ (format "not ok %s: %S\n" step seen))
    (kill-emacs 1)))

(defmacro smoke-await (step question &optional seen)
  "Let the server talk until QUESTION is true, for 20 seconds; else show SEEN for STEP."
  `(let ((deadline (time-add nil 20)))
     (while (and (not ,question) (time-less-p nil deadline))
       (accept-process-output nil 0.05))
     (smoke-check ,step ,question ,(or seen ''(nothing came)))))

(defvar smoke-project (file-name-as-directory (make-temp-file "smoke" t)))

(defun smoke-write (name text)
  "Write TEXT to the file NAME of the project; give its full name."
  (let ((file (expand-file-name name smoke-project)))
    (make-directory (file-name-directory file) t)
    (write-region text nil file nil 'silent)
    file))

(smoke-write "pyproject.toml" "[project]\nname = \"smoke\"\n")
(smoke-write "app/__init__.py" "")

(defvar smoke-a
  (find-file-noselect (smoke-write "app/a.py" "import app.b\n\nLIMIT = 10\n")))
;; What is not ASCII comes before the import: columns are counted differently by each client.
(defvar smoke-b
  (find-file-noselect (smoke-write "app/b.py" "MOOD = \"😀é\"; import app.a\n\nSIZE = 20\n")))

(defun smoke-diagnostics (buffer)
  "The diagnostics of the server that BUFFER shows."
  (with-current-buffer buffer (flymake-diagnostics)))

(defun smoke-underlined (buffer)
  "The text under the first diagnostic of BUFFER."
  (let ((found (car (smoke-diagnostics buffer))))
    (with-current-buffer buffer
      (buffer-substring-no-properties (flymake-diagnostic-beg found)
                                      (flymake-diagnostic-end found)))))

(defun smoke-hover ()
  "What the server says about point."
  (format "%S" (jsonrpc-request (eglot-current-server) :textDocument/hover
                                (eglot--TextDocumentPositionParams))))

(switch-to-buffer smoke-a)
(call-interactively #'eglot)
(smoke-check "attaches" (eglot-managed-p) (eglot-current-server))
(smoke-await "squiggle in the open file"
             (= 1 (length (smoke-diagnostics smoke-a))) (smoke-diagnostics smoke-a))
(smoke-check "squiggle is under the module name"
             (equal "app.b" (smoke-underlined smoke-a)) (smoke-diagnostics smoke-a))
(let ((message (flymake-diagnostic-text (car (smoke-diagnostics smoke-a)))))
  (smoke-check "message shows the path"
               (string-match-p (regexp-quote "app.a → app.b → app.a") message) message))

(switch-to-buffer smoke-b)
;; Flymake waits for a buffer to be displayed, and nothing is in batch.
(flymake-start)
(smoke-check "one server for both files" (eglot-managed-p) (eglot-current-server))
(smoke-await "squiggle in the other file"
             (= 1 (length (smoke-diagnostics smoke-b))) (smoke-diagnostics smoke-b))
(smoke-check "column behind characters that are not ASCII"
             (equal "app.a" (smoke-underlined smoke-b)) (smoke-diagnostics smoke-b))

(goto-char (flymake-diagnostic-beg (car (smoke-diagnostics smoke-b))))
(let ((hover (smoke-hover)))
  (smoke-check "hover shows each hop"
               (and (string-search "app/a.py:1" hover) (string-search "app/b.py:1" hover))
               hover))

(defun smoke-changed ()
  "Tell the server what was typed."
  (eglot--signal-textDocument/didChange))

;; Nothing is saved: the text of the buffer counts.
(goto-char (point-min))
(search-forward "; import app.a")
(replace-match "")
(smoke-changed)
(smoke-await "edit clears the edited file"
             (null (smoke-diagnostics smoke-b)) (smoke-diagnostics smoke-b))
(smoke-await "edit clears the other file"
             (null (smoke-diagnostics smoke-a)) (smoke-diagnostics smoke-a))
(insert "; import app.a")
(smoke-changed)
(smoke-await "typing it again brings both back"
             (and (smoke-diagnostics smoke-a) (smoke-diagnostics smoke-b)))

;; The menu of quick fixes; who opens it with a key gets the same list to choose from.
(goto-char (point-min))
(search-forward "app.a")
(backward-char)
(defun smoke-title (action)
  "The title of ACTION."
  (or (plist-get action :title) ""))
(let* ((actions (append (eglot-code-actions (point) (1+ (point)) nil) nil))
       (action (seq-find (lambda (each)
                           (string-prefix-p "Accept the cycle with a comment" (smoke-title each)))
                         actions)))
  (smoke-check "quick fixes are offered" action (mapcar #'smoke-title actions))
  (if (fboundp 'eglot-execute)
      (eglot-execute (eglot-current-server) action)
    (eglot--apply-workspace-edit (plist-get action :edit))))
(smoke-check "quick fix changes the buffer"
             (string-search "# import-cycles: ignore[cycle]" (buffer-string)) (buffer-string))
(smoke-changed)
(smoke-await "quick fix clears the edited file"
             (null (smoke-diagnostics smoke-b)) (smoke-diagnostics smoke-b))
(smoke-await "quick fix clears the other file"
             (null (smoke-diagnostics smoke-a)) (smoke-diagnostics smoke-a))

(dolist (buffer (list smoke-a smoke-b))
  (with-current-buffer buffer (set-buffer-modified-p nil)))
(let ((server (eglot-current-server)))
  (eglot-shutdown server nil 20)
  (smoke-check "server stops" (not (jsonrpc-running-p server)) server))
(delete-directory smoke-project t)

;;; smoke.el ends here
