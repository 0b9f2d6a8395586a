" Description: import-cycles, a language server for the import cycles of Python projects.
" ALE finds this file on the runtimepath, and runs what it defines once 'import_cycles' is
" among the g:ale_linters of Python.

call ale#Set('python_import_cycles_executable', 'import-cycles')

" The nearest folder with the first of these that is found; else what ALE takes for Python.
function! ale_linters#python#import_cycles#GetProjectRoot(buffer) abort
    for l:marker in ['pyproject.toml', 'setup.cfg', 'setup.py']
        let l:found = ale#path#FindNearestFile(a:buffer, l:marker)

        if !empty(l:found)
            return fnamemodify(l:found, ':h')
        endif
    endfor

    let l:repository = ale#path#FindNearestDirectory(a:buffer, '.git')

    return !empty(l:repository)
    \   ? fnamemodify(l:repository, ':h:h')
    \   : ale#python#FindProjectRoot(a:buffer)
endfunction

call ale#linter#Define('python', {
\   'name': 'import_cycles',
\   'aliases': ['import-cycles'],
\   'lsp': 'stdio',
\   'executable': {buffer -> ale#Var(buffer, 'python_import_cycles_executable')},
\   'command': '%e server',
\   'project_root': function('ale_linters#python#import_cycles#GetProjectRoot'),
\})
