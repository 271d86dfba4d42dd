// SPDX-License-Identifier: GPL-3.0-or-later
// usage: e2e_measure SECONDS PROGRAM ARGUMENTS…
// Runs a program without its output, for at most so many seconds, and prints what it took: exit status (−1
// killed because of the time, −2 ended by a signal), seconds of processor time, largest resident set in kB. A
// program of its own because the kernel counts the memory of whoever starts a process as the child's until it
// runs.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        return 2;
    }
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    if (posix_spawn(&pid, argv[2], &files, nullptr, argv + 2, environ) != 0) {
        return 1;
    }
    const long limitMs = std::atol(argv[1]) * 1000;
    int status = 0;
    rusage usage{};
    bool killed = false;
    for (long ms = 0; wait4(pid, &status, WNOHANG, &usage) == 0; ++ms) {
        if (!killed && ms >= limitMs) {
            killed = ::kill(pid, SIGKILL) == 0;
        }
        ::usleep(1000);
    }
    const int exitCode = killed ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : -2;
    std::printf(
        "%d %.6f %ld\n", exitCode, seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    return 0;
}
