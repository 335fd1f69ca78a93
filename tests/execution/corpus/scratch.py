"""What programs write to the one folder they have, and what they leave there."""

from tests.execution.corpus.model import good, joined

TOO_MUCH = {
    "fills_scratch": good(
        """
        i = 0
        while True:
            i += 1
            with open(f'{i}', 'wb') as f:
                f.write(bytes(10**6))
        """,
        "error",
        landlock="output_limit",
    ),
    "fills_scratch_and_goes_on": good(
        """
        import time
        try:
            for i in range(1000):
                with open(f'{i}', 'wb') as f:
                    f.write(bytes(10**6))
        except OSError:
            pass
        time.sleep(0.2)
        """,
        landlock="output_limit",
    ),
    "fills_scratch_by_a_file_without_a_name": good(
        """
        import os
        kept = []
        while True:
            kept.append(open('x', 'wb', buffering=0))
            os.unlink('x')
            for _ in range(30):
                kept[-1].write(bytes(10**6))
        """,
        "error",
        landlock="error output_limit timeout",  # nobody outside sees such files
    ),
    "files_deeper_than_a_path": good(
        """
        import os, time
        for _ in range(20):
            os.mkdir('x' * 250)
            os.chdir('x' * 250)
        for i in range(9):
            with open(f'{i}', 'wb') as f:
                f.write(bytes(20 * 10**6))
            time.sleep(0.1)
        """,
        "error",
        landlock="output_limit",
    ),
    "files_in_a_folder_that_cannot_be_listed": good(
        """
        import os, time
        os.mkdir('d', 0o300)
        for i in range(9):
            with open(f'd/{i}', 'wb') as f:
                f.write(bytes(20 * 10**6))
            time.sleep(0.1)
        """,
        "error",
        landlock="output_limit",
    ),
    "huge_file": good("with open('x', 'wb') as f:\n    f.write(bytes(5 * 10**7))\n", "error"),
    "huge_file_without_content": good(
        "with open('x', 'wb') as f:\n    f.truncate(10**12)\n", "error"
    ),
    "huge_file_allocated": good(
        "import os\nwith open('x', 'wb') as f:\n    os.posix_fallocate(f.fileno(), 0, 10**9)\n",
        "error",
    ),
    "a_million_files": good(
        """
        for i in range(10**6):
            open(f'{i}', 'w').close()
        """,
        "timeout",
        landlock="output_limit",
    ),
    "a_million_links": good(
        """
        import os
        open('x', 'w').close()
        for i in range(10**6):
            os.symlink('x', f'{i}')
        """,
        "timeout",
        landlock="output_limit",
    ),
}

LEFT_BEHIND = {
    "folders_three_thousand_deep": good(
        """
        import os
        for _ in range(3000):
            os.mkdir('d')
            os.chdir('d')
        """,
        landlock="output_limit passed",  # too deep for whoever looks, unless it ended before
    ),
    "folder_nobody_may_enter": good("""
        import os
        os.makedirs('a/b/c')
        open('a/b/c/x', 'w').close()
        for path in ('a/b/c', 'a/b', 'a'):
            os.chmod(path, 0)
    """),
    "scratch_nobody_may_enter": good("""
        import os
        try:
            os.chmod(os.getcwd(), 0)
        except OSError:
            pass
    """),
    "folders_made_under_a_mask": good(
        """
        import os
        os.umask(0o777)
        os.mkdir('a')
        open('b', 'w').close()
        """,
        landlock="passed output_limit",  # closed to whoever looks, if it runs that long
    ),
    "special_files": good("""
        import os
        os.mkfifo('pipe')
        os.chmod('pipe', 0)
    """),
    "names_that_are_hard_to_read": good("""
        import os
        for name in (b'-rf', b'a\\nb', b'\\xff\\xfe', b'*', b' ', b'x' * 255, b'"$(id)"'):
            open(os.path.join(b'.', name), 'w').close()
            os.rename(os.path.join(b'.', name), name)
    """),
    "links_in_a_circle": good("""
        import os
        os.symlink('a', 'b')
        os.symlink('b', 'a')
        os.symlink('.', 'here')
        os.symlink('..', 'up')
        os.symlink('/', 'root')
    """),
    "opens_a_link_in_a_circle": good(
        "import os\nos.symlink('a', 'a')\nopen('a')\n",
        "error",
    ),
    "opens_the_end_of_a_thousand_links": good(
        """
        import os
        for i in range(1000):
            os.symlink(f'{i}', f'{i + 1}')
        open('1000', 'w')
        """,
        "error",
    ),
    "file_open_in_a_thread": good("""
        import threading, time
        def write():
            with open('growing', 'w') as f:
                while True:
                    f.write('x')
                    f.flush()
                    time.sleep(0.001)
        threading.Thread(target=write, daemon=True).start()
    """),
    "code_for_whoever_comes_next": good("""
        import os, sys
        version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
        home = os.path.expanduser('~')
        for folder in ('.', f'{home}/.local/lib/{version}/site-packages'):
            os.makedirs(folder, exist_ok=True)
            for name in ('usercustomize.py', 'sitecustomize.py', 'random.py', 'unittest.py'):
                with open(f'{folder}/{name}', 'w') as f:
                    f.write('import os\\nos._exit(0)\\n')
            with open(f'{folder}/evil.pth', 'w') as f:
                f.write('import os; os._exit(0)\\n')
    """),
    "trap_for_whoever_cleans": good("""
        import os
        host = os.path.dirname('SECRET')
        os.symlink('SECRET', 'file')
        os.symlink(host, 'folder')
        os.makedirs('a/b')
        os.symlink(host, 'a/b/c')
    """),
}

FOUND = {
    "finds_scratch_empty": good("import os\nassert os.listdir('.') == []\n"),
    "finds_room_in_scratch": good("""
        for i in range(3):
            with open(f'{i}', 'wb') as f:
                f.write(bytes(10**7))
    """),
    "deletes_its_own_folder": good("""
        import os
        os.mkdir('d')
        os.chdir('d')
        os.rmdir('../d')
    """),
    "deletes_scratch": good("import os\nos.rmdir(os.getcwd())\n", "error"),
    "renames_scratch": good("import os\nos.rename(os.getcwd(), os.getcwd() + '-mine')\n", "error"),
    "mounts_a_link_over_scratch": good(
        """
        import os
        here = os.getcwd()
        os.symlink('/', here + '/../scratch-link')
        """,
        "error",
    ),
}

SCRATCH = joined(TOO_MUCH, LEFT_BEHIND, FOUND)
