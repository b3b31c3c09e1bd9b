# System calls as objects; the traced Perl program is the witness of what it does.

BeforeDiscovery {
    $noStrace = -not (@($env:PATH -split ':' | Where-Object { Test-Path "$_/strace" }).Count)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $name = "/pst-trace-$PID"
}

Describe 'Trace-ShmCall' {
    Context 'with strace' -Skip:$noStrace {
        It 'shows the calls of a program on both families, in order' {
            $program = @'
                my $id = shmget(0, 8192, 01600); my $at = syscall(30, $id, 0, 0); syscall(10, $at, 4096, 1); syscall(67, $at); shmctl($id, 0, 0);
                my $n = "/dev/shm$ARGV[0]"; open(my $f, "+>", $n); truncate($f, 4096); my $m = syscall(9, 0, 4096, 3, 1, fileno($f), 0); syscall(11, $m, 4096); unlink $n;
                print "$id\n";
'@
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', $program, $name -InformationVariable said)
            $calls.Call |
                Should -Be @('shmget', 'shmat', 'mprotect', 'shmdt', 'shmctl', 'openat', 'ftruncate', 'mmap', 'munmap',
                    'unlink', 'exit')
            $calls[-1].Result | Should -Be 0
            $id = [int] "$(@($said)[0].MessageData)"
            $calls[0].Result | Should -Be $id
            $calls[1..3].Segment | Should -Be @("id $id", "id $id", "id $id")
            $calls[1].Length | Should -Be 8192
            $calls[2].Address | Should -Be $calls[1].Result
            $calls[5..9].Segment | Should -Be @($name, $name, $name, $name, $name)
            $calls[7].Length | Should -Be 4096
            $calls[8].Address | Should -Be $calls[7].Result
            @($calls.ProcessId | Where-Object { $_ -ne $calls[0].ProcessId }) | Should -BeNullOrEmpty
            ([datetime]::Now - $calls[0].Time).TotalMinutes | Should -BeLessThan 2
        }

        It 'shows the errno of what fails' {
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', 'shmget(0x7ffffff1, 100, 0600)')
            $calls[0].Error | Should -BeExactly 'ENOENT'
            $calls[0].Segment | Should -BeExactly 'key 0x7ffffff1'
        }

        It 'follows children, each with its own address space' {
            $program =
                'my $m = syscall(9, 0, 4096, 3, 0x21, -1, 0); if (!fork) { syscall(11, $m, 4096); exit } wait; syscall(11, $m, 4096)'
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', $program)
            $calls = @($calls | Where-Object Call -NE 'exit')
            $calls.Call | Should -Be @('mmap', 'munmap', 'munmap')
            $calls[1].ProcessId | Should -Not -Be $calls[0].ProcessId
            $calls[2].ProcessId | Should -Be $calls[0].ProcessId
            $calls.Segment | Should -Be @('anonymous', 'anonymous', 'anonymous')
        }

        It 'tells where a program died, and how' {
            $program =
                'my $n = "/dev/shm$ARGV[0]"; open(my $f, "+>", $n); truncate($f, 8192); my $m = syscall(9, 0, 4194304, 3, 1, fileno($f), 0); unlink $n; print unpack("P4", pack("Q", $m + 1048576))'
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', $program, $name)
            $calls[-2].Call | Should -Be 'SIGBUS'
            $calls[-2].Segment | Should -Be $name
            $calls[-2].Detail | Should -Be "SIGBUS at $name + 1 MB, beyond its end"
            $calls[-1].Call | Should -Be 'exit'
            $calls[-1].Result | Should -BeNullOrEmpty
            $calls[-1].Detail | Should -BeLike 'killed by SIGBUS*'
        }

        It 'tells the exit status, links, locks, modes and folders' {
            $program =
                'my $n = "/dev/shm$ARGV[0]"; open(my $f, "+>", "$n.tmp"); link("$n.tmp", $n); flock($f, 2); chmod(0600, $f); unlink("$n.tmp", $n); mkdir("$n.d"); rmdir("$n.d"); exit 7'
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', $program, $name)
            $calls.Call |
                Should -Be @('openat', 'link', 'flock', 'fchmod', 'unlink', 'unlink', 'mkdir', 'rmdir', 'exit')
            $calls[1].Segment | Should -Be $name
            $calls[-1].Result | Should -Be 7
        }

        It 'says why shmget failed, as New-ShmSegment does' {
            $segment = New-ShmSegment -Key (0x20000000 + $PID) -Size 4096
            try {
                $calls = @(Trace-ShmCall perl -ArgumentList '-e',
                    "shmget($(0x20000000 + $PID), 8192, 0600); shmget(0, 0, 01600)")
                $calls[0].Error, $calls[1].Error | Should -Be @('EINVAL', 'EINVAL')
                $calls[0].Detail | Should -Match '4096 bytes.*8192'
                $calls[1].Detail | Should -Match 'needs a size'
            }
            finally { $segment | Remove-ShmSegment }
        }

        It 'shows futex on request only' {
            $program = 'my $m = syscall(9, 0, 4096, 3, 0x21, -1, 0); syscall(202, $m, 1, 1)'
            @(Trace-ShmCall perl -ArgumentList '-e', $program).Call | Should -Be @('mmap', 'exit')
            @(Trace-ShmCall perl -ArgumentList '-e', $program -Futex).Call | Should -Be @('mmap', 'futex', 'exit')
        }

        It 'lets go of what it traces when the shell is killed' {
            $sleeper = Start-Process sleep 60 -PassThru
            $module = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
            $shell = Start-Process pwsh '-NoProfile', '-Command',
                "Import-Module '$module'; Trace-ShmCall -ProcessId $($sleeper.Id)" -PassThru
            try {
                $tracer = {
                    [int] ((Get-Content "/proc/$($sleeper.Id)/status" |
                        Select-String '^TracerPid:\s*(\d+)').Matches.Groups[1].Value)
                }
                $end = [datetime]::UtcNow.AddSeconds(30)
                while ((& $tracer) -eq 0 -and [datetime]::UtcNow -lt $end) { Start-Sleep -Milliseconds 50 }
                & $tracer | Should -BeGreaterThan 0
                kill -9 $shell.Id
                $end = [datetime]::UtcNow.AddSeconds(10)
                while ((& $tracer) -ne 0 -and [datetime]::UtcNow -lt $end) { Start-Sleep -Milliseconds 50 }
                & $tracer | Should -Be 0
                $sleeper.HasExited | Should -BeFalse
            }
            finally {
                $sleeper.Kill()
                if (-not $shell.HasExited) { $shell.Kill() }
            }
        }

        It 'traces a running process as it goes, knows what it had mapped, and lets it go' {
            $peer = Start-Peer C
            try {
                $slot = (Send-Peer $peer "create $name 4096") -split ' '
                $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
                $null = $shell.AddScript(
                    "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; Trace-ShmCall -ProcessId $($peer.Id)")
                $output = [Management.Automation.PSDataCollection[psobject]]::new()
                $running = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]] $null, $output)
                Wait-Condition { (Get-Content "/proc/$($peer.Id)/status" -Raw) -notmatch 'TracerPid:\t0' } 30
                $null = Send-Peer $peer "protect $($slot[0]) 0 4096 r--"
                # The object is there before the trace has ended.
                Wait-Condition { $output.Count -ge 1 } 20
                "$($output[0].Call)" | Should -Be 'mprotect'
                "$($output[0].Segment)" | Should -BeExactly $name
                $clock = [Diagnostics.Stopwatch]::StartNew()
                $shell.Stop()
                $clock.Elapsed.TotalSeconds | Should -BeLessThan 3
                Get-Content "/proc/$($peer.Id)/status" -Raw | Should -Match 'TracerPid:\t0'
                Send-Peer $peer 'pid' | Should -Be $peer.Id
            }
            finally {
                $shell.Dispose()
                $null = Send-Peer $peer "unlink $name"
                $null = Stop-Peer $peer
            }
        }

        It 'knows how large a segment is that was made before, and what lies on its last page' {
            $segment = New-ShmSegment -Private -Size 20000
            try {
                $calls = @(Trace-ShmCall perl -ArgumentList '-e',
                    "my `$at = syscall(30, $($segment.Id), 0, 0); syscall(10, `$at + 16384, 4096, 1)")
                $calls.Call | Should -Be @('shmat', 'mprotect', 'exit')
                $calls[0].Length | Should -Be 20000
                $calls[1].Segment | Should -BeExactly "id $($segment.Id)"
            }
            finally { $segment | Remove-ShmSegment }
        }

        It 'traces those that are there beside one that is not' {
            $perl = Start-Program perl '-e', '$| = 1; print "\n"; <STDIN>; shmget(0x7ffffff1, 100, 0600); <STDIN>'
            try {
                $null = $perl.StandardOutput.ReadLine()
                $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
                $null = $shell.AddScript(
                    "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; Trace-ShmCall -ProcessId 2147483647, $($perl.Id)")
                $output = [Management.Automation.PSDataCollection[psobject]]::new()
                $null = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]] $null, $output)
                Wait-Condition { (Get-Content "/proc/$($perl.Id)/status" -Raw) -notmatch 'TracerPid:\t0' } 30
                $perl.StandardInput.WriteLine()
                Wait-Condition { $output.Count -ge 1 } 20
                "$($output[0].Call)" | Should -Be 'shmget'
                "$($shell.Streams.Error[0].FullyQualifiedErrorId)" | Should -BeLike 'NoProcessFoundForGivenId,*'
                $shell.Stop()
            }
            finally { $shell.Dispose(); $perl.StandardInput.Close(); $perl.WaitForExit() }
        }

        It 'ends when the time is over' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Trace-ShmCall sleep -ArgumentList 60 -TimeoutSec 0.5 | Should -BeNullOrEmpty
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        }

        It 'cuts off no argument at a NUL' {
            { Trace-ShmCall true "a`0b" -ErrorAction Stop } | Should -Throw -ErrorId 'NativeCallFailed*'
        }

        It 'tells of <Because>' -ForEach @(
            @{ Because = 'a segment used after shmdt'
                Code = 'my $i = shmget(0, 8192, 01600); my $p = syscall(30, $i, 0, 0); shmctl($i, 0, 0); syscall(67, $p); unpack("P4", pack("Q", $p + 16))'
                Ends = 'SIGSEGV at id * + 0x10, which shmdt unmapped before', 'killed by SIGSEGV*' }
            @{ Because = 'a page that was closed'
                Code = 'my $p = syscall(9, 0, 8192, 3, 0x21, -1, 0); syscall(10, $p, 4096, 0); unpack("P4", pack("Q", $p))'
                Ends = 'SIGSEGV at anonymous + 0, which allows no access', 'killed by SIGSEGV*' }
            @{ Because = 'a failed mmap that nobody looked at'
                Code = 'my $p = syscall(9, 0, 8192, 3, 1, -1, 0); unpack("P4", pack("q", $p))'
                Ends = 'the descriptor is -1*', 'killed by SIGSEGV* at 0xffffffffffffffff, *failed mmap*' }
            @{ Because = 'abort'; Code = 'syscall(9, 0, 8192, 3, 0x21, -1, 0); kill "ABRT", $$; sleep 9'
                Ends = '', 'killed by SIGABRT*' }
            @{ Because = 'kill -9'; Code = 'syscall(9, 0, 8192, 3, 0x21, -1, 0); kill 9, $$; sleep 9'
                Ends = '', 'killed by SIGKILL, which it sent itself' }
            @{ Because = 'another program in its place'; Code = 'syscall(9, 0, 8192, 3, 0x21, -1, 0); exec "/bin/true"'
                Ends = 'unmaps anonymous', 'exited with 0' }
        ) {
            $calls = @(Trace-ShmCall perl -ArgumentList '-e', $Code)
            "$($calls[-2].Detail)" | Should -BeLike $Ends[0]
            $calls[-1].Detail | Should -BeLike $Ends[1]
            $calls[-1].Call | Should -Be 'exit'
        }

        It 'runs the program where the user is, and follows names that are relative to a folder' {
            Push-Location /dev/shm
            try {
                $perl = 'open F, ">", "$ARGV[0]"; unlink $ARGV[0]'
                $calls = @(Trace-ShmCall perl -ArgumentList '-e', $perl, "pst-tr-$PID")
                $calls.Call | Should -Be openat, unlink, exit
                $calls[0..1].Segment | Should -Be "/pst-tr-$PID", "/pst-tr-$PID"
            }
            finally { Pop-Location }
        }

        It 'says that there is no such program, or that it may not be run' {
            { Trace-ShmCall /nonexistent/program } | Should -Throw -ErrorId 'CommandNotFoundException,*'
            { Trace-ShmCall pst-no-such-program } | Should -Throw -ErrorId 'CommandNotFoundException,*'
            { Trace-ShmCall /etc/passwd } | Should -Throw -ErrorId 'AccessDenied,*'
            $problem = try { Trace-ShmCall /etc } catch { $_ }
            $problem.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $problem.TargetObject | Should -Be '/etc'
        }
    }

    It 'says which process is not there' {
        { Trace-ShmCall -ProcessId 2147483647 -ErrorAction Stop } | Should -Throw -ErrorId 'NoProcessFoundForGivenId,*'
    }

    It 'names the package where strace is missing' {
        $path = $env:PATH
        try {
            $env:PATH = '/nonexistent'
            { Trace-ShmCall /bin/true } | Should -Throw '*package strace*' -ErrorId 'PlatformNotSupported,*'
        }
        finally { $env:PATH = $path }
    }
}

Describe 'Trace-ShmCall of what is written' {
    It 'shows write and pwrite with their lengths, and says when there is no such program' {
        Set-Content "/dev/shm/pst-trace-w-$PID" 'xxxxxxxxxx' -NoNewline
        $code = 'open F, "+<", $ARGV[0] or die; syswrite F, "abc"; syscall(18, fileno F, my $t = "de", 2, 4)'
        $calls = Trace-ShmCall perl -ArgumentList '-e', $code, "/dev/shm/pst-trace-w-$PID"
        $written = @($calls | Where-Object Call -In write, pwrite64)
        $written.Call | Should -Be write, pwrite64
        $written | ForEach-Object Length | Should -Be 3, 2
        $written | ForEach-Object Segment | Should -Be "/pst-trace-w-$PID", "/pst-trace-w-$PID"
        [IO.File]::ReadAllText("/dev/shm/pst-trace-w-$PID") | Should -BeExactly 'abcxdexxxx'
        [IO.File]::Delete("/dev/shm/pst-trace-w-$PID")
        { Trace-ShmCall /bin/there-is-none } | Should -Throw -ErrorId 'CommandNotFoundException,*'
    }
}
