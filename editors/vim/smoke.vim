" Checks an installation in a real Vim with ALE on a small project with cycles:
"   SMOKE_LOG=smoke.log vim -S editors/vim/smoke.vim
" It uses the configuration that Vim was started with, appends `ok STEP` to the file
" $SMOKE_LOG for each thing that works, and ends with status 1 at the first that does not.
" It wants a terminal (the tests pretend one): without, ALE shows no hover.

set hidden noswapfile encoding=utf-8

function! s:Say(line) abort
    call writefile([a:line], empty($SMOKE_LOG) ? '/dev/stderr' : $SMOKE_LOG, 'a')
endfunction

function! s:Check(step, passed, seen) abort
    if a:passed
        call s:Say('ok ' . a:step)
    else
        call s:Say('not ok ' . a:step . ': ' . string(a:seen))
        cquit
    endif
endfunction

" Lets the server talk until the question is true, for 20 seconds; else shows what is there.
function! s:Await(step, Question, Look) abort
    let l:start = reltime()

    while !a:Question() && reltimefloat(reltime(l:start)) < 20
        sleep 20m
    endwhile

    call s:Check(a:step, a:Question(), a:Look())
endfunction

let s:project = tempname()

function! s:Write(name, lines) abort
    let l:path = s:project . '/' . a:name
    call mkdir(fnamemodify(l:path, ':h'), 'p')
    call writefile(a:lines, l:path)

    return l:path
endfunction

call s:Write('pyproject.toml', ['[project]', 'name = "smoke"'])
call s:Write('app/__init__.py', [])
let s:path_a = s:Write('app/a.py', ['import app.b', '', 'LIMIT = 10'])
let s:path_b = s:Write('app/b.py', ['import app.a', '', 'SIZE = 20'])

" What ALE shows in a buffer, of our linter only.
function! s:Diagnostics(buffer) abort
    let l:info = get(g:ale_buffer_info, a:buffer, {'loclist': []})

    return filter(copy(l:info.loclist), 'v:val.linter_name is# "import_cycles"')
endfunction

function! s:Type(text) abort
    call setline(1, a:text)
    " What ALE does at TextChanged, which Vim says only while it waits for a key.
    call ale#Queue(0)
endfunction

function! s:Run() abort
    execute 'edit' fnameescape(s:path_a)
    let l:a = bufnr('')
    let l:Seen = {-> s:Diagnostics(l:a)}
    call s:Await('squiggle in the open file', {-> len(l:Seen()) == 1}, l:Seen)
    let l:first = l:Seen()[0]
    call s:Check('squiggle is under the module name',
    \   [l:first.lnum, l:first.col, l:first.end_col] == [1, 8, 12], l:first)
    call s:Check('message shows the path',
    \   stridx(l:first.text, 'app.a → app.b → app.a') >= 0, l:first)

    execute 'edit' fnameescape(s:path_b)
    let l:b = bufnr('')
    let l:SeenB = {-> s:Diagnostics(l:b)}
    call s:Await('squiggle in the other file', {-> len(l:SeenB()) == 1}, l:SeenB)

    call cursor(1, 8)
    ALEHover
    call s:Await('hover shows each hop',
    \   {-> s:Preview() =~# 'app/b\.py:1' && s:Preview() =~# 'app/a\.py:1'},
    \   function('s:Preview'))

    " Nothing is saved: the text of the buffer counts.
    call s:Type('')
    call s:Await('edit clears the edited file', {-> empty(l:SeenB())}, l:SeenB)
    call s:Await('edit clears the other file', {-> empty(l:Seen())}, l:Seen)
    call s:Type('import app.a')
    call s:Await('typing it again brings both back', {-> len(l:Seen()) + len(l:SeenB()) == 2}, l:Seen)
endfunction

" The text of the preview window, where ALE puts what has several lines.
function! s:Preview() abort
    for l:window in range(1, winnr('$'))
        if getwinvar(l:window, '&previewwindow')
            return join(getbufline(winbufnr(l:window), 1, '$'), "\n")
        endif
    endfor

    return ''
endfunction

call s:Run()
call delete(s:project, 'rf')
qall!
