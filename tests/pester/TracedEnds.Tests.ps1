# Programs that fail as real ones do: the trace tells the end and its reason. tests/native/failing.c has the bugs.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noStrace = -not (@($env:PATH -split ':' | Where-Object { Test-Path "$_/strace" }).Count)
    $skip = $noStrace -or -not (Test-Compiler)
    # Of each: what the row says that tells the reason, and the end. NAME is the object's name.
    $bugs = @(
        @{ Bug = 'no-size'; Reason = 'SIGBUS at NAME + 0, beyond its end'; End = 'killed by SIGBUS*' }
        @{ Bug = 'too-far'; Reason = 'SIGBUS at NAME + 8 KB, beyond its end'; End = 'killed by SIGBUS*' }
        @{ Bug = 'read-only'; Reason = 'SIGSEGV at NAME + 4 KB, which may only be read'; End = 'killed by SIGSEGV*' }
        @{ Bug = 'covered'; Reason = 'private memory takes the place of NAME + 4 KB'
            End = 'killed by SIGABRT*; its last words: *found == 7* failed.' }
        @{ Bug = 'removed-early'; Reason = 'no segment has that id'
            End = 'killed by SIGSEGV*failed mmap or shmat returns' }
        @{ Bug = 'larger'; Reason = 'the segment with that key has 4096 bytes, fewer than the 8192 asked for'
            End = 'exited with 4; its last words: larger: Invalid argument' }
        @{ Bug = 'wrong-detach'; Reason = 'id * is attached at 0x*'
            End = 'exited with 3; its last words: shmdt: Invalid argument' }
        @{ Bug = 'not-sealable'; Reason = 'it was made without MFD_ALLOW_SEALING*'
            End = 'exited with 5; *not permitted' }
        @{ Bug = 'seal-busy'; Reason = 'somebody has it mapped for writing'; End = 'exited with 5; *busy' }
        @{ Bug = 'seal-punch'; Reason = 'the mapping may only be read, now and later'; End = 'exited with 6; *' }
        @{ Bug = 'read-descriptor'; Reason = 'the object was opened for reading only*'; End = 'exited with 1; *' }
        @{ Bug = 'grow'; Reason = 'other memory lies behind it*MREMAP_MAYMOVE*'; End = 'exited with 8; *' }
        @{ Bug = 'lock'; Reason = 'somebody else holds the lock'; End = 'exited with 4; *' }
        @{ Bug = 'file-limit'; Reason = '*RLIMIT_FSIZE*'; End = 'killed by SIGXFSZ: *RLIMIT_FSIZE*' }
        @{ Bug = 'no-semaphore'; Reason = 'nothing has that name'; End = 'killed by SIGSEGV*null pointer*sem_open*' }
        @{ Bug = 'overwritten'; Reason = $null; End = 'killed by SIGSEGV* at an address that no program can have*' }
        @{ Bug = 'execute'; Reason = 'SIGSEGV at NAME + 0, which execve unmapped before'; End = 'killed by SIGSEGV*' }
        @{ Bug = 'killed'; Reason = $null; End = 'killed by SIGKILL, which process * sent' }
        @{ Bug = 'terminated'; Reason = $null; End = 'killed by SIGTERM, which process * sent' }
        @{ Bug = 'divided'; Reason = $null; End = 'killed by SIGFPE* at the instruction at 0x*' }
    )
    $pool = '/sys/kernel/mm/hugepages'
    $noHuge = -not (Test-Path $pool)
}

Describe 'Trace-ShmCall tells of a program' -Skip:$skip -Tag Compiler {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
        . "$PSScriptRoot/Peers.ps1"
        $program = Get-NativeProgram failing.c
        function Get-Trace([string] $Bug, [string] $Name = "/pst-ends-$PID") {
            @(Trace-ShmCall $program $Bug, $Name -TimeoutSec 60 6> $null)
        }
    }

    It '<Bug>' -ForEach $bugs {
        $name = "/pst-ends-$PID"
        $calls = Get-Trace $Bug
        # Of several processes, the program itself.
        $first = $calls[0].ProcessId
        $ends = @($calls | Where-Object { $_.Call -eq 'exit' -and $_.ProcessId -eq $first })
        $ends | Should -HaveCount 1
        $ends[0].Detail | Should -BeLike $End
        if ($Reason) {
            $told = @($calls.Detail -like ($Reason -creplace 'NAME', $name))
            $told | Should -Not -BeNullOrEmpty -Because "$($calls.Detail)"
        }
    }

    It 'that maps more huge pages than there are: <Bug>' -Skip:$noHuge -Tag HugePages -ForEach @(
        @{ Bug = 'huge'; Reason = 'the pool has too few free huge pages*'; End = 'exited with 9*' }
        @{ Bug = 'huge-empty'; Reason = 'SIGBUS at memfd:failing-huge + *, no huge page is left for it*'
            End = 'killed by SIGBUS*' }
    ) {
        $calls = Get-Trace $Bug
        if ($calls[-1].Result -eq 0) { Set-ItResult -Skipped -Because 'no memfd of huge pages can be made here' }
        else {
            $calls.Detail -like $Reason | Should -HaveCount 1
            $calls[-1].Detail | Should -BeLike $End
        }
    }

    It 'whose control group is out of memory' -Tag Root -Skip:(-not (Test-Path /sys/fs/cgroup/memory/cgroup.procs)) {
        $own = (Get-Content /proc/self/cgroup | Where-Object { $_ -match ':memory:' }) -replace '^.*:'
        $group = "/sys/fs/cgroup/memory$own/pst-ends-$PID"
        if (-not (Test-Path "/sys/fs/cgroup/memory$own/memory.limit_in_bytes")) {
            Set-ItResult -Skipped -Because 'this process cannot see its control group'
            return
        }
        $null = New-Item -ItemType Directory $group
        try {
            Set-Content "$group/memory.limit_in_bytes" 16MB
            $code = @'
                open(my $g, ">", "$ARGV[0]/cgroup.procs"); print $g $$; close $g;
                my $m = syscall(9, 0, 1 << 28, 3, 0x21, -1, 0);
                open(my $z, "<", "/dev/zero"); syscall(0, fileno $z, $m, 1 << 28); sleep 9
'@
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', $code, $group)
            $calls[-1].Detail | Should -BeLike 'killed by SIGKILL, *memory was short*oom_kill*'
        }
        finally {
            foreach ($try in 1..50) {
                if (Test-Path $group) { rmdir $group 2> $null }
                if (-not (Test-Path $group)) { break }
                Start-Sleep -Milliseconds 20
            }
        }
    }

    It 'by its last line, however it writes it: <What>' -ForEach @(
        @{ What = 'in pieces'; Code = 'syswrite STDERR, "first\nsec"; syswrite STDERR, "ond\n"; exit 3'
            End = 'exited with 3; its last words: second' }
        @{ What = 'with empty lines behind it'; Code = 'syswrite STDERR, "why\n"; syswrite STDERR, "\n\n"; exit 3'
            End = 'exited with 3; its last words: why' }
        @{ What = 'not at all'; Code = 'exit 3'; End = 'exited with 3' }
        @{ What = 'and is content'; Code = 'syswrite STDERR, "fine\n"; exit 0'; End = 'exited with 0' }
    ) {
        $code = 'my $m = syscall(9, 0, 8192, 3, 0x21, -1, 0); ' + $Code
        @(Trace-ShmCall perl -ArgumentList '-e', $code 6> $null)[-1].Detail | Should -BeExactly $End
    }

    It 'leaves nothing behind' { @(Get-ChildItem "/dev/shm/pst-ends-$PID*") | Should -BeNullOrEmpty }
}
