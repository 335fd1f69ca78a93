"""Programs that reach for the host: its network, its files, its processes.

All go on to define a right add, so that a wall that is not there turns their verdict into a pass.
"""

from tests.execution.corpus.model import good, joined

NETWORK = {
    "connects_to_the_host": good(
        "import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)\n", "error"
    ),
    "connects_by_version_6": good(
        "import socket\nsocket.create_connection(('::ffff:127.0.0.1', PORT), 2)\n", "error"
    ),
    "makes_a_socket_by_the_c_library": good("""
        import ctypes
        assert ctypes.CDLL(None).socket(2, 1, 0) == -1
    """),
    "sends_a_datagram": good(
        """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.sendto(b'x', ('127.0.0.1', PORT))
        """,
        "error",
    ),
    "listens": good(
        """
        import socket
        s = socket.socket()
        s.bind(('', 0))
        s.listen()
        """,
        "error",
    ),
    "asks_the_name_service": good("import socket\nsocket.gethostbyname('example.org')\n", "error"),
    "opens_an_address": good(
        """
        import urllib.request
        urllib.request.urlopen('http://127.0.0.1:PORT/', timeout=2)
        """,
        "error",
    ),
    "connects_to_docker": good(
        """
        import socket
        socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')
        """,
        "error",
    ),
    "connects_to_an_abstract_name": good(
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0/tmp/.X11-unix/X0')\n", "error"
    ),
    "listens_to_the_kernel": good(
        "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0))\n",
        "error",
    ),
    "sends_from_a_socket_pair_to_a_path": good(
        """
        import socket
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        a.sendto(b'x', 'SECRET.socket')
        """,
        "error",
    ),
}

FILES = {
    "changes_rights_and_time": good("""
        import os
        for change in (
            lambda: os.chmod('SECRET', 0o777),
            lambda: os.utime('SECRET', (0, 0)),
            lambda: os.utime('SECRET'),
            lambda: os.truncate('SECRET', 0),
            lambda: os.close(os.open('SECRET', os.O_RDONLY | os.O_TRUNC)),
            lambda: os.fchmod(os.open('SECRET', os.O_PATH), 0o777),
        ):
            try:
                change()
            except OSError:
                pass
    """),
    "reads_the_secret": good("open('SECRET').read()\n", "error"),
    "reads_the_secret_by_a_link": good(
        "import os\nos.symlink('SECRET', 'link')\nopen('link').read()\n", "error"
    ),
    "reads_keys": good(
        """
        import os
        found = []
        for home in ('/root', '/home/user', os.path.expanduser('~')):
            for name in ('.ssh/id_rsa', '.ssh/id_ed25519', '.aws/credentials', '.netrc'):
                try:
                    found.append(open(f'{home}/{name}').read())
                except OSError as error:
                    last = error
        if not found:
            raise last
        """,
        "error",
    ),
    "reads_the_users": good("open('/etc/passwd').read()\n", "error"),
    "reads_the_environment_of_a_process": good("open('/proc/1/environ').read()\n", "error"),
    "reads_its_own_environment_from_proc": good("open('/proc/self/environ').read()\n", "error"),
    "reads_the_kernel_log": good("open('/dev/kmsg').read()\n", "error"),
    "lists_the_host": good("""
        import os
        host = os.path.dirname('SECRET')
        for folder in ('/home', '/root', '/etc', '/proc', '/sys', '/var', '/run', '/mnt', host):
            try:
                found = os.listdir(folder)
            except OSError:
                continue
            raise SystemError(folder, found)
    """),
    "asks_whether_paths_of_the_host_exist": good(
        """
        import os
        host = ('/home', '/root', '/etc/passwd', '/proc/self', '/sys', '/var', 'SECRET')
        assert not [path for path in host if os.path.exists(path)]
        """,
        landlock="error",
    ),
    "writes_beside_the_secret": good("open('SECRET.new', 'w')\n", "error"),
    "writes_beside_the_secret_by_a_link": good(
        """
        import os
        os.symlink(os.path.dirname('SECRET'), 'link')
        open('link/new', 'w')
        """,
        "error",
    ),
    "writes_to_the_root": good("open('/escaped', 'w')\n", "error"),
    "writes_to_the_temporary_folder": good("open('/tmp/MARK', 'w')\n", landlock="error"),
    "writes_to_usr": good("open('/usr/lib/escaped', 'w')\n", "error"),
    "writes_to_the_library": good(
        "import json\nopen(json.__file__.replace('__init__', 'escaped'), 'w')\n", "error"
    ),
    "writes_to_compiled_code": good(
        "import importlib.util as u, json\nopen(u.cache_from_source(json.__file__), 'ab')\n",
        "error",
    ),
    "writes_to_the_interpreter": good("import sys\nopen(sys.executable, 'ab')\n", "error"),
    "writes_to_devices": good(
        """
        found = []
        for name in ('shm/x', 'mem', 'kmem', 'sda', 'vda', 'loop0', 'tty', 'ptmx', 'fuse', 'kvm'):
            try:
                found.append(open(f'/dev/{name}', 'r+b', buffering=0))
            except OSError as error:
                last = error
        if not found:
            raise last
        """,
        "error",
    ),
    "hard_link_to_the_secret": good("import os\nos.link('SECRET', 'mine')\n", "error"),
    "hard_link_to_the_library": good("import json, os\nos.link(json.__file__, 'mine')\n", "error"),
    "deletes_the_library": good("import json, os\nos.unlink(json.__file__)\n", "error"),
    "changes_the_owner_of_its_file": good(
        "import os\nopen('x', 'w').close()\nos.chown('x', 0, 0)\n", "error"
    ),
    "makes_a_device": good(
        "import os, stat\nos.mknod('mem', stat.S_IFCHR | 0o600, os.makedev(1, 1))\n", "error"
    ),
    "finds_a_file_by_its_handle": good("""
        import ctypes
        assert ctypes.CDLL(None).open_by_handle_at(0, bytes(64), 0) == -1
    """),
    "imports_the_harness": good("import codepref.execution.verdicts\n", "error"),
    "writes_to_memory_through_proc": good("open('/proc/self/mem', 'r+b')\n", "error"),
    "writes_to_memory_of_the_parent": good(
        "import os\nopen(f'/proc/{os.getppid()}/mem', 'r+b')\n", "error"
    ),
}

PROCESSES = {
    "subprocess": good("import subprocess\nsubprocess.run(['/bin/sh', '-c', 'true'])\n", "error"),
    "subprocess_of_the_interpreter": good(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])\n", "error"
    ),
    "spawn_of_the_interpreter": good(
        "import os, sys\nos.posix_spawn(sys.executable, [sys.executable, '-c', ''], {})\n",
        "error",
    ),
    "becomes_the_interpreter": good(
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', ''])\n", "error"
    ),
    "becomes_a_file_in_memory": good(
        """
        import os, sys
        fd = os.memfd_create('program')
        os.write(fd, open(sys.executable, 'rb').read(10**6))
        os.execve(fd, ['program'], {})
        """,
        "error",
    ),
    "becomes_a_file_of_its_own": good(
        """
        import os
        with open('program', 'w') as f:
            f.write('#!/bin/sh\\ntrue\\n')
        os.chmod('program', 0o755)
        os.execv('program', ['program'])
        """,
        "error",
    ),
    "os_system": good("import os\nassert os.system('true') != 0\n"),
    "system_of_the_c_library": good("""
        import ctypes, os
        assert ctypes.CDLL(None).system(b'echo > escaped') != 0
        assert not os.path.exists('escaped')
    """),
    "multiprocessing": good(
        """
        import multiprocessing
        p = multiprocessing.get_context('fork').Process(target=int)
        p.start()
        p.join()
        """,
        "error",
    ),
    "process_pool": good(
        """
        from concurrent.futures import ProcessPoolExecutor
        with ProcessPoolExecutor(1) as pool:
            pool.submit(int).result()
        """,
        "error",
    ),
    "fork_as_a_system_call": good("""
        import ctypes, os
        made = ctypes.CDLL(None).syscall(56, 17, None, None, None, None)
        if made == 0:
            os._exit(0)
        assert made == -1
    """),
    "fork_on_a_terminal": good("import os\nif os.forkpty()[0] == 0:\n    os._exit(0)\n", "error"),
    "daemon": good(
        """
        import ctypes, os, time
        for _ in range(2):
            if os.fork() == 0:
                os.setsid()
                ctypes.CDLL(None).prctl(15, b'MARK')
                os.closerange(0, 64)
                time.sleep(3600)
        """,
        "error",
    ),
    "leaves_its_session": good("import os\nos.setsid()\n", "error"),
    "kills_its_parent": good("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n", "error"),
    "kills_everything": good("import os, signal\nos.kill(-1, signal.SIGKILL)\n", "error"),
    "kills_everything_by_the_c_library": good("""
        import ctypes
        assert ctypes.CDLL(None).kill(-1, 9) == -1
    """),
    "kills_its_group": good("import os, signal\nos.killpg(0, signal.SIGKILL)\n", "error"),
    "stops_its_parent_by_tgkill": good("""
        import ctypes, os
        parent = os.getppid()
        assert ctypes.CDLL(None).syscall(234, parent, parent, 19) == -1
    """),
    "stops_its_parent_by_a_queued_signal": good("""
        import ctypes, os
        about = ctypes.create_string_buffer(128)
        assert ctypes.CDLL(None).syscall(129, os.getppid(), 19, about) == -1
    """),
    "signals_its_parent_by_a_descriptor": good(
        """
        import fcntl, os, socket
        a, b = socket.socketpair()
        fcntl.fcntl(a, fcntl.F_SETOWN, os.getppid())
        fcntl.fcntl(a, 10, 9)
        fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC)
        b.send(b'x')
        """,
        "error",
    ),
    "signals_its_parent_by_a_device_call": good(
        """
        import fcntl, os, socket, struct
        a, b = socket.socketpair()
        fcntl.ioctl(a, 0x8901, struct.pack('i', os.getppid()))
        fcntl.ioctl(a, 0x5452, struct.pack('i', 1))
        b.send(b'x')
        """,
        "error",
    ),
    "limits_its_parent": good(
        "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))\n",
        "error",
    ),
    "opens_its_parent": good("import os\nos.pidfd_open(os.getppid())\n", "error"),
}

ESCAPES = joined(NETWORK, FILES, PROCESSES)
