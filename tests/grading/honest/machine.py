# ruff: noqa: E501 - a cell is longer than a line of ours
"""What asks the system for something: processes, threads, files, devices, names, limits."""

from .build import after, before, case, last, rewrites

CASES = [
    # --- processes and threads
    case(
        "thread",
        1,
        "import threading\n"
        "t = threading.Thread(target=lambda: print('from a thread'))\nt.start(); t.join()",
    ),
    case(
        "thread_left_running",
        2,
        "import threading, time\n"
        "def beat():\n    while True:\n        time.sleep(0.05)\n"
        "threading.Thread(target=beat, daemon=True).start()\nprint(threading.active_count() > 1)",
    ),
    case(
        "thread_not_daemon_left",
        2,
        "import threading, time\nthreading.Thread(target=time.sleep, args=(3,)).start()",
    ),
    case(
        "thread_pool",
        3,
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n    print(list(pool.map(lambda n: n * n, range(9))))",
    ),
    case(
        "thread_lock_queue",
        2,
        "import queue, threading\nq = queue.Queue()\n"
        "ts = [threading.Thread(target=q.put, args=(n,)) for n in range(50)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]\n"
        "print(sorted(q.get() for _ in ts) == list(range(50)))",
    ),
    case(
        "process_pool_executor",
        5,
        "from concurrent.futures import ProcessPoolExecutor\n"
        "with ProcessPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, -2, 3])))",
    ),
    case(
        "multiprocessing_fork_pool",
        2,
        "import multiprocessing as mp\n"
        "def square(n):\n    return n * n\n"
        "with mp.get_context('fork').Pool(2) as pool:\n    print(pool.map(square, range(5)))",
    ),
    case(
        "multiprocessing_spawn_pool",
        2,
        "import multiprocessing as mp\n"
        "with mp.get_context('spawn').Pool(1) as pool:\n    print(pool.map(abs, [-1, 2]))",
    ),
    case(
        "multiprocessing_forkserver",
        2,
        "import multiprocessing as mp\n"
        "with mp.get_context('forkserver').Pool(1) as pool:\n    print(pool.map(abs, [-1, 2]))",
    ),
    case(
        "multiprocessing_queue_process",
        1,
        "import multiprocessing as mp\nc = mp.get_context('fork')\n"
        "q = c.SimpleQueue()\np = c.Process(target=q.put, args=('told',))\n"
        "p.start(); print(q.get()); p.join(); print(p.exitcode)",
    ),
    case(
        "multiprocessing_pipe_value",
        1,
        "import multiprocessing as mp\n"
        "a, b = mp.Pipe()\na.send({'x': 1}); print(b.recv())\n"
        "v = mp.Value('i', 0)\nwith v.get_lock():\n    v.value += 3\nprint(v.value)",
    ),
    case(
        "multiprocessing_manager",
        2,
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Manager() as m:\n    d = m.dict(); d['a'] = 1; print(dict(d))",
    ),
    case(
        "shared_memory",
        4,
        "from multiprocessing import shared_memory\nimport numpy as np\n"
        "s = shared_memory.SharedMemory(create=True, size=800)\n"
        "a = np.ndarray((100,), buffer=s.buf); a[:] = 2; print(a.sum())\ndel a; s.close(); s.unlink()",
    ),
    case(
        "joblib_parallel",
        5,
        "from joblib import Parallel, delayed\n"
        "print(Parallel(n_jobs=2)(delayed(pow)(n, 2) for n in range(4)))",
    ),
    case(
        "joblib_threads_memory",
        2,
        "from joblib import Memory, Parallel, delayed\n"
        "print(Parallel(n_jobs=2, prefer='threads')(delayed(pow)(n, 2) for n in range(4)))\n"
        "m = Memory('.cache', verbose=0)\nf = m.cache(pow)\nprint(f(2, 3), f(2, 3))",
    ),
    case(
        "subprocess_python",
        2,
        "import subprocess, sys\n"
        "print(subprocess.run([sys.executable, '-c', 'import numpy; print(numpy.ones(2).sum())'],\n"
        "    capture_output=True, text=True, check=True).stdout)",
    ),
    case(
        "subprocess_git",
        2,
        "import subprocess\n"
        "print(subprocess.run(['git', '--version'], capture_output=True, text=True).returncode)",
    ),
    case(
        "subprocess_git_init",
        3,
        "!git init -q . 2>&1; git add -A 2>&1 | head -3\n"
        "!git -c user.name=a -c user.email=a@b commit -qm first 2>&1 | head -3; git log --oneline | wc -l",
    ),
    case(
        "subprocess_pip_list",
        2,
        "import subprocess, sys\n"
        "out = subprocess.run([sys.executable, '-m', 'pip', 'list'], capture_output=True, text=True)\n"
        "print(out.returncode, 'numpy' in out.stdout)",
    ),
    case("magic_pip_install_there_already", 2, "%pip install --disable-pip-version-check numpy"),
    case("bang_pip_show", 2, "!pip --disable-pip-version-check show numpy 2>&1 | head -1"),
    case(
        "subprocess_popen_pipe",
        1,
        "import subprocess\n"
        "p = subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "print(p.communicate('through a cat')[0])",
    ),
    case(
        "subprocess_shell_left", 2, "import subprocess\nsubprocess.Popen('sleep 30', shell=True);"
    ),
    case(
        "os_system_and_popen",
        2,
        "import os, time\nprint(os.system('true'), os.system('exit 3'))\n"
        "print(os.popen('echo popen').read())",
    ),
    case(
        "os_fork",
        2,
        "import os\npid = os.fork()\nif pid == 0:\n    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    ),
    case("bang_ls", 5, "!ls\n!pwd | wc -l\nfiles = !ls *.ipynb\nprint(files)"),
    case(
        "bang_tools",
        2,
        "!echo $HOME | wc -l; date +%Y | wc -l; whoami; id -un; uname -s; df -h . | wc -l",
    ),
    case(
        "bash_cell",
        2,
        "%%bash\nset -e\nfor i in 1 2 3; do echo $i; done > n.txt\nsort -r n.txt | tee m.txt",
    ),
    case(
        "script_cells",
        2,
        "%%python\nprint('another python')",
        "%%sh\necho sh",
        "%%perl\nprint 'perl';",
    ),
    case(
        "sockets_of_itself",
        2,
        "import socket\na, b = socket.socketpair()\na.send(b'hi'); print(b.recv(9))",
    ),
    case(
        "socket_server_of_its_own",
        2,
        "import http.server, threading, urllib.request\n"
        "try:\n    s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
        "    s.server_close()\nexcept OSError as e:\n    pass\nprint('went on')",
    ),
    case(
        "download_in_try",
        5,
        "import urllib.request\ntry:\n"
        "    urllib.request.urlopen('http://127.0.0.1:9/x', timeout=2)\n"
        "except OSError:\n    print('no network, going on without')",
    ),
    # --- signals, limits, memory
    case(
        "signal_alarm",
        2,
        "import signal\ndef late(*_):\n    raise TimeoutError('too slow')\n"
        "signal.signal(signal.SIGALRM, late)\nsignal.alarm(1)\ntry:\n    import time; time.sleep(5)\n"
        "except TimeoutError as e:\n    print(e)\nfinally:\n    signal.alarm(0)",
    ),
    case(
        "signal_alarm_round_solution",
        2,
        "import signal",
        rewrites(
            "softmax",
            ("    exps = np.exp", "    signal.alarm(5)\n    exps = np.exp"),
            ("    return exps", "    signal.alarm(0)\n    return exps"),
        ),
    ),
    case(
        "signal_interrupt_itself",
        2,
        "import os, signal, time\ntry:\n"
        "    os.kill(os.getpid(), signal.SIGINT); time.sleep(1)\nexcept KeyboardInterrupt:\n    print('caught')",
    ),
    case(
        "interrupt_raised_and_caught",
        4,
        "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt:\n    print('caught')",
    ),
    case("interrupt_not_caught", 2, "raise KeyboardInterrupt('stopped by hand')"),
    case(
        "setitimer",
        2,
        "import signal, time\nhits = []\nsignal.signal(signal.SIGALRM, lambda *_: hits.append(1))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\nend = time.time() + 0.3\nwhile time.time() < end: pass\n"
        "signal.setitimer(signal.ITIMER_REAL, 0); print(len(hits) > 1)",
    ),
    case(
        "resource_limits_read",
        2,
        "import resource\nfor n in ('RLIMIT_NOFILE', 'RLIMIT_STACK', 'RLIMIT_CORE', 'RLIMIT_AS'):\n"
        "    print(n, len(resource.getrlimit(getattr(resource, n))))\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0)",
    ),
    case(
        "resource_limit_lowered",
        2,
        "import resource\nhard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard)); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])",
    ),
    case(
        "resource_core_raised_softly",
        2,
        "import resource\ns, h = resource.getrlimit(resource.RLIMIT_STACK)\n"
        "resource.setrlimit(resource.RLIMIT_STACK, (h, h))\nprint('stack set')",
    ),
    case(
        "affinity_and_nice",
        2,
        "import os\nprint(len(os.sched_getaffinity(0)) > 0)\n"
        "os.sched_setaffinity(0, os.sched_getaffinity(0))\nprint(os.nice(1) >= 1)\n"
        "print(os.getpriority(os.PRIO_PROCESS, 0) > 0, len(os.getloadavg()))",
    ),
    case(
        "psutil_looks_around",
        2,
        "import psutil\np = psutil.Process()\n"
        "print(p.memory_info().rss > 0, p.num_threads() > 0, p.name()[:6], psutil.cpu_count() > 0)\n"
        "print(psutil.virtual_memory().total > 0, psutil.disk_usage('.').total > 0, len(psutil.pids()) > 0)\n"
        "print(psutil.cpu_percent(0.05) >= 0, p.children(), p.username() != '', p.cwd() != '', p.status())",
    ),
    case(
        "psutil_parents_and_net",
        2,
        "import psutil\np = psutil.Process()\n"
        "for ask in (p.parent, p.open_files, p.cmdline, p.connections if hasattr(p, 'connections') else p.net_connections,\n"
        "            psutil.boot_time, psutil.users, psutil.net_io_counters, psutil.disk_partitions, psutil.swap_memory,\n"
        "            p.cpu_affinity, p.io_counters, p.memory_full_info, p.num_fds, p.environ, psutil.cpu_freq, psutil.getloadavg):\n"
        "    try:\n        ask(); print(ask.__name__, 'ok')\n    except psutil.Error as e:\n        print(ask.__name__, type(e).__name__)",
    ),
    case(
        "proc_self",
        2,
        "print('VmRSS' in open('/proc/self/status').read(), 'MemTotal' in open('/proc/meminfo').read())\n"
        "import os\nprint('model' in open('/proc/cpuinfo').read(), os.path.exists('/proc/self/fd'), os.listdir('/proc/self/task') != [])",
    ),
    case(
        "tracemalloc_memory",
        2,
        "import tracemalloc\ntracemalloc.start()\nx = [0] * 10000\n"
        "print(tracemalloc.get_traced_memory()[0] > 0)",
    ),
    case(
        "big_array_memory_error_caught",
        2,
        "import numpy as np\ntry:\n    np.ones((10**6, 10**7))\nexcept MemoryError:\n    print('too large')",
    ),
    case(
        "faulthandler_on",
        2,
        "import faulthandler\ntry:\n    faulthandler.enable()\nexcept Exception as e:\n    print(type(e).__name__)\n"
        "faulthandler.dump_traceback_later(60, exit=False, file=open('trace.txt', 'w')); print(faulthandler.is_enabled())",
    ),
    # --- files
    case(
        "files_written_and_read",
        4,
        "import pathlib, json\np = pathlib.Path('out/deep/er'); p.mkdir(parents=True)\n"
        "(p / 'a.json').write_text(json.dumps({'a': 1}))\nprint(json.loads((p / 'a.json').read_text()), sorted(pathlib.Path('out').rglob('*')))",
    ),
    case(
        "files_moved_linked_copied",
        2,
        "import os, shutil\nopen('a', 'w').write('a'); os.rename('a', 'b'); os.symlink('b', 'c')\n"
        "os.link('b', 'd'); print(open('c').read(), os.stat('d').st_nlink)\nos.makedirs('x/y'); shutil.move('d', 'x/y/d'); shutil.copytree('x', 'z')\n"
        "os.replace('x/y/d', 'e'); print(sorted(os.listdir('z/y'))); shutil.rmtree('x'); shutil.rmtree('z'); os.unlink('c')",
    ),
    case(
        "files_copied_with_rights",
        2,
        "import os, shutil, stat\nopen('a', 'w').write('a'); shutil.copy2('a', 'b'); shutil.copystat('a', 'b')\n"
        "os.utime('b', (1, 1)); os.chmod('b', 0o600); print('rights asked for')\nos.path.getmtime('b') > 0",
    ),
    case(
        "files_rights_seen",
        2,
        "import os\nopen('a', 'w').write('#!/bin/sh\\necho ran'); os.chmod('a', 0o755)\n"
        "print(oct(os.stat('a').st_mode & 0o777))\n!./a",
    ),
    case(
        "files_times_seen",
        2,
        "import os\nopen('a', 'w'); os.utime('a', (1000, 2000)); print(os.stat('a').st_mtime)",
    ),
    case(
        "files_locked_truncated_fsynced",
        2,
        "import fcntl, os\nf = open('a', 'w+'); fcntl.flock(f, fcntl.LOCK_EX); f.write('abc'); f.flush(); os.fsync(f.fileno())\n"
        "f.truncate(1); f.seek(0); print(f.read()); os.mkfifo('pipe'); os.remove('pipe')",
    ),
    case(
        "zip_and_tar",
        2,
        "import tarfile, zipfile, shutil, os\nopen('a.txt', 'w').write('x')\nwith zipfile.ZipFile('a.zip', 'w') as z: z.write('a.txt')\n"
        "with tarfile.open('a.tar.gz', 'w:gz') as t: t.add('a.txt')\nos.mkdir('un')\nwith tarfile.open('a.tar.gz') as t: t.extractall('un')\n"
        "shutil.unpack_archive('a.zip', 'un2'); print(os.listdir('un'), os.listdir('un2'))",
    ),
    case(
        "tempfiles",
        2,
        "import tempfile, os, pathlib\nwith tempfile.NamedTemporaryFile() as f:\n    f.write(b'x'); print(os.path.exists(f.name))\n"
        "with tempfile.TemporaryDirectory() as d:\n    pathlib.Path(d, 'a').touch(); print(os.listdir(d))\n"
        "print(len(tempfile.mkdtemp()) > 0, tempfile.SpooledTemporaryFile().mode, tempfile.TemporaryFile().fileno() > 2)",
    ),
    case(
        "tmp_by_name",
        4,
        "import os\nos.makedirs('/tmp/my_cache_of_lesson', exist_ok=True)\n"
        "open('/tmp/my_cache_of_lesson/a.txt', 'w').write('x')\nprint(open('/tmp/my_cache_of_lesson/a.txt').read())\n"
        "os.remove('/tmp/my_cache_of_lesson/a.txt'); os.rmdir('/tmp/my_cache_of_lesson')",
    ),
    case(
        "home_written",
        2,
        "import pathlib, os\np = pathlib.Path.home() / 'notes_of_mine'\np.mkdir(exist_ok=True); (p / 'x').write_text('x')\n"
        "print((p / 'x').read_text(), os.path.expanduser('~') == str(pathlib.Path.home()))\n(p / 'x').unlink(); p.rmdir()",
    ),
    case(
        "home_listed",
        2,
        "import pathlib, glob\nprint(isinstance(list(pathlib.Path.home().iterdir()), list), glob.glob('*.ipynb'))",
    ),
    case(
        "parent_folder_listed",
        2,
        "import os\ntry:\n    os.listdir('..'); print('listed')\nexcept OSError as e:\n    print('listed')",
    ),
    case(
        "root_folder_listed",
        2,
        "import os\nfor p in ('/', '/usr', '/etc', '/home', '/tmp', '/proc', '/dev'):\n"
        "    try:\n        os.listdir(p); print(p)\n    except OSError as e:\n        print(p, type(e).__name__)",
    ),
    case(
        "path_walked_up",
        3,
        "import pathlib\nfor p in pathlib.Path.cwd().parents:\n    p.exists(), p.is_dir(), (p / 'pyproject.toml').exists()\n"
        "print(pathlib.Path('.').resolve() == pathlib.Path.cwd())",
    ),
    case(
        "chdir_and_back",
        2,
        "import os\nhere = os.getcwd(); os.mkdir('sub'); os.chdir('sub'); open('f', 'w').write('x'); os.chdir(here); print(os.listdir('sub'))",
    ),
    case("chdir_for_good", 2, "import os, tempfile\nos.chdir(tempfile.mkdtemp())"),
    case("chdir_magic", 5, "%mkdir -p there\n%cd -q there\n%pwd\n%cd -q ..\n%ls *.ipynb"),
    case(
        "chdir_and_removed", 2, "import os\nos.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')"
    ),
    case(
        "shelve_dbm",
        2,
        "import shelve\nwith shelve.open('s') as s: s['a'] = [1, 2]\nwith shelve.open('s') as s: print(dict(s))",
    ),
    case(
        "sqlite",
        2,
        "import sqlite3\ndb = sqlite3.connect('my.db'); db.execute('create table t(a)'); db.execute('insert into t values (3)')\n"
        "db.execute('pragma journal_mode=wal'); db.commit(); print(db.execute('select * from t').fetchall()); db.close()",
    ),
    case(
        "pickle_round",
        3,
        "import pickle, copy\n",
        last(
            "m = Sequential(Linear(2, 3, np.random.default_rng(0)))\n"
            "pickle.dump(m, open('m.pkl', 'wb')); n = pickle.load(open('m.pkl', 'rb')); print(count_parameters(n))"
        ),
    ),
    case(
        "numpy_saved_and_mapped",
        5,
        "import numpy as np\nnp.save('a.npy', np.arange(9)); print(np.load('a.npy', mmap_mode='r').sum())\n"
        "m = np.memmap('m.bin', 'float32', 'w+', shape=(3, 3)); m[:] = 1; m.flush(); print(m.sum())\n"
        "np.savez_compressed('z', a=m); print(np.load('z.npz')['a'].shape); np.savetxt('t.csv', m, delimiter=','); print(np.loadtxt('t.csv', delimiter=',').sum())",
    ),
    case(
        "mmap_module",
        2,
        "import mmap\nm = mmap.mmap(-1, 4096); m.write(b'hello'); m.seek(0); print(m.read(5))",
    ),
    case(
        "many_open_files", 2, "files = [open(f'f{n}', 'w') for n in range(150)]\nprint(len(files))"
    ),
    case(
        "descriptor_writes",
        2,
        "import os, sys, time\nos.write(1, b'low out\\n'); os.write(2, b'low err\\n'); time.sleep(0.5)",
    ),
    case(
        "dup_redirect",
        2,
        "import contextlib, io, os, sys\nwith contextlib.redirect_stdout(io.StringIO()) as s:\n    print('kept')\n"
        "print(s.getvalue().upper())\nprint('to a file', file=open('log.txt', 'w'))",
    ),
    case(
        "dev_nodes",
        2,
        "print(len(open('/dev/urandom', 'rb').read(8)), open('/dev/zero', 'rb').read(2)); open('/dev/null', 'w').write('x')\n"
        "import os; print(len(os.urandom(3)), os.path.exists('/dev/shm'), open('/dev/stdin').read() if False else 1)\n"
        "print('out', file=open('/dev/stdout', 'w')); print('err', file=open('/dev/stderr', 'w')); import time; time.sleep(0.5)",
    ),
    case(
        "pty",
        2,
        "import pty, os\na, b = pty.openpty(); os.write(b, b'tty\\n'); print(os.read(a, 10), os.isatty(b))",
    ),
    # --- names
    case(
        "who_and_where",
        2,
        "import getpass, platform, socket, os, sys, pwd\n"
        "print(getpass.getuser() != '', platform.system(), platform.python_version(), socket.gethostname() != '', os.uname().sysname)\n"
        "print(sys.platform, os.getpid() > 0, os.getppid() >= 0, os.cpu_count() > 0, os.getuid() >= 0, os.sep)",
    ),
    case(
        "who_by_pwd",
        2,
        "import os, pwd, grp\ntry:\n    print(pwd.getpwuid(os.getuid()).pw_name != '')\nexcept KeyError:\n    print(True)\n"
        "print(pwd.getpwnam('root').pw_uid, grp.getgrgid(0).gr_name)",
    ),
    case(
        "os_getlogin",
        2,
        "import os\ntry:\n    os.getlogin()\nexcept OSError:\n    print('no terminal')",
    ),
    case(
        "environment",
        4,
        "import os\nos.environ['MY_OWN'] = '1'; os.environ['OMP_NUM_THREADS'] = '1'; print(os.environ.get('MY_OWN'), 'PATH' in os.environ, 'HOME' in os.environ)\n"
        "!echo $MY_OWN\n%env OTHER=2\n%env OTHER",
    ),
    case(
        "locale_and_time",
        2,
        "import locale, time, datetime, zoneinfo\nprint(locale.setlocale(locale.LC_ALL, 'C.UTF-8'), locale.getpreferredencoding())\n"
        "print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset(), time.tzname)\n"
        "try:\n    locale.setlocale(locale.LC_ALL, '')\nexcept locale.Error:\n    print('none')",
    ),
    case(
        "localhost_resolved",
        2,
        "import socket\nfor name in ('localhost', socket.gethostname()):\n    try:\n        socket.gethostbyname(name); print('ok')\n    except OSError:\n        print('ok')",
    ),
    case(
        "ctypes_libm",
        2,
        "import ctypes, ctypes.util\nm = ctypes.CDLL(ctypes.util.find_library('m') or 'libm.so.6'); m.cos.restype = ctypes.c_double; m.cos.argtypes = [ctypes.c_double]\nprint(m.cos(0.0))",
    ),
    case(
        "cffi_libm",
        2,
        "import cffi\nf = cffi.FFI(); f.cdef('double sqrt(double);'); print(f.dlopen('libm.so.6').sqrt(9.0))\n"
        "cb = f.callback('int(int)', lambda n: n + 1); print(cb(2))",
    ),
    case(
        "compiler_called",
        2,
        "open('a.c', 'w').write('int two(void) { return 2; }')\n!cc -shared -fPIC -o a.so a.c 2>&1 | tail -1\n"
        "import ctypes, os\nprint(ctypes.CDLL('./a.so').two() if os.path.exists('a.so') else 2)",
    ),
    case(
        "uuid_secrets_hash",
        2,
        "import uuid, secrets, hashlib\nprint(len(str(uuid.uuid1())), len(uuid.uuid4().hex), uuid.getnode() > 0, len(secrets.token_hex(4)), hashlib.sha256(b'').hexdigest()[:6])",
    ),
    case(
        "clock",
        2,
        "import time\nt = time.perf_counter(); time.sleep(0.05); print(time.perf_counter() - t > 0.04, time.process_time() >= 0, time.thread_time() >= 0, time.clock_gettime(time.CLOCK_BOOTTIME) > 0)",
    ),
    case("stdin_read", 2, "import sys\nprint(repr(sys.stdin.readline()) if sys.stdin else 'none')"),
    case("input_mistake", 5, after("accuracy", "n = input('How many? ')")),
    case("getpass_fails", 2, before("relu", "import getpass\npw = getpass.getpass('token: ')")),
    case("exit_at_the_end", 2, last("exit()")),
    case("exit_in_the_middle", 2, after("test_sigmoid", "exit()"), loses=None),
    case("quit_and_sys_exit", 4, last("import sys; sys.exit(0)", "quit()")),
    case("os_exit_last", 2, last("import os\nos._exit(0)"), loses=None),
    case(
        "atexit", 2, "import atexit\natexit.register(lambda: open('at_exit.txt', 'w').write('x'))"
    ),
]
