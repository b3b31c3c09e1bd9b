# Anonymous segments: labels, seals, and descriptors that go from process to process. /proc and Perl are the witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    . "$PSScriptRoot/Peers.ps1"

    # The numbers of the descriptors of a memfd with that label in this process.
    function Get-Descriptor($Label) { Get-DescriptorLike "/memfd:$Label (deleted)" }

    # What fcntl F_GET_SEALS says of it.
    function Get-KernelSeals($Label) {
        [int](
            perl -e 'open F, "<", $ARGV[0] or die $!; print fcntl(F, 1034, 0) + 0' "/proc/$PID/fd/$(@(Get-Descriptor $Label)[0])")
    }
}

BeforeDiscovery {
    $cannotPoke = -not (Get-Command strace -ErrorAction Ignore) -or
        $(strace -o /dev/null -e inject=statx:poke_exit=@arg5=00 true 2>&1; $LASTEXITCODE -ne 0)
}

Describe 'An anonymous segment' {
    AfterEach { Get-ShmMapping | ForEach-Object { $_.Dispose() } }

    It 'has its label in /proc, and no name in /dev/shm' {
        $label = "pst label $PID"
        $segment = New-ShmSegment -Anonymous -Label $label -Size 8KB -Mode 640
        $segment.Kind, $segment.Name, $segment.Size | Should -Be @('MemFd', "memfd:$label", 8192)
        @(Get-Descriptor $label).Count | Should -Be 1
        stat -L -c '%a %s' "/proc/$PID/fd/$(Get-Descriptor $label)" | Should -Be '640 8192'
        Test-Path "/dev/shm/$label" | Should -BeFalse
    }

    It 'is mounted by its object, and the mappings share it' {
        $segment = New-ShmSegment -Anonymous -Size 8KB
        $first, $second = 1..2 | ForEach-Object { $segment | Mount-ShmSegment }
        $first.Writer.WriteInt32(0, 3)
        $second.Reader.ReadInt32(0) | Should -Be 3
    }

    It 'ends with its last holder' {
        $label = "pst-end-$PID"
        $null = & { New-ShmSegment -Anonymous -Label $label -Size 8KB -Mount } | ForEach-Object { $_.Dispose() }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while (@(Get-Descriptor $label).Count -and $clock.Elapsed.TotalSeconds -lt 10) {
            [GC]::Collect(); [GC]::WaitForPendingFinalizers()
        }
        @(Get-Descriptor $label).Count | Should -Be 0
    }

    It 'refuses a label of <Case>: InvalidName' -ForEach @(
        @{ Case = '250 bytes'; Label = 'x' * 250 }
        @{ Case = '126 characters and 252 bytes'; Label = 'é' * 126 }
        @{ Case = 'a NUL'; Label = "a`0b" }
    ) {
        { New-ShmSegment -Anonymous -Label $Label -Size 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
    }

    It 'cannot be removed, or reached by data alone' {
        $segment = New-ShmSegment -Anonymous -Size 4KB
        { $segment | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
        $copy = $segment | Select-Object Kind, Name, Size, Inode, Device
        { $copy | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
    }
}

Describe 'Seals' {
    AfterEach { Get-ShmMapping | ForEach-Object { $_.Dispose() } }

    It '<Seal> is what the kernel has: <Bits>' -ForEach @(
        @{ Seal = 'Seal'; Bits = 1 }, @{ Seal = 'Shrink'; Bits = 2 }, @{ Seal = 'Grow'; Bits = 4 },
        @{ Seal = 'Write'; Bits = 8 }
        @{ Seal = 'FutureWrite'; Bits = 16 }, @{ Seal = 'Shrink, Grow, Seal'; Bits = 7 }
    ) {
        $label = "pst-seal-$PID-$Bits"
        $segment = New-ShmSegment -Anonymous -Label $label -Size 4KB -Seal $Seal
        $segment.Seals | Should -Be ([PSSharedMemory.ShmSeals]$Seal)
        $segment.Status | Should -Be 'Sealed'
        Get-KernelSeals $label | Should -Be $Bits
    }

    It 'that came later are shown of the memfd that was listed before: <_>' -ForEach @(
        { $args | Get-ShmSegment }, { Get-ShmSegment -Segment $args[0] }, { Get-ShmStat -Segment $args[0] }
    ) {
        $segment = New-ShmSegment -Anonymous -Size 4KB
        $segment | Set-ShmSegment -Seal Grow
        $segment.Seals | Should -Be 'None'
        $now = & $_ $segment
        $now.Seals | Should -Be 'Grow'
        $now.Status | Should -Be 'Sealed'
    }

    It 'Write and FutureWrite leave reading' {
        foreach ($seal in 'Write', 'FutureWrite') {
            $segment = New-ShmSegment -Anonymous -Size 4KB -Seal $seal
            $record = { $segment | Mount-ShmSegment -ErrorAction Stop } |
                Should -Throw -ErrorId 'AccessDenied*' -PassThru
            "$record" | Should -BeLike '*-ReadOnly*'
            $mapping = $segment | Mount-ShmSegment -ReadOnly
            $mapping.Reader.ReadInt32(0) | Should -Be 0
            { Set-ShmProtection $mapping 'Read, Write' -ErrorAction Stop } | Should -Throw -ErrorId 'AccessDenied*'
            ($segment | Mount-ShmSegment -CopyOnWrite).Writer.WriteInt32(0, 1)
        }
    }

    It 'FutureWrite with -Mount leaves writing to its maker alone' {
        $label = "pst-future-$PID"
        $mapping = New-ShmSegment -Anonymous -Label $label -Size 4KB -Seal FutureWrite, Seal -Mount
        Get-KernelSeals $label | Should -Be 17
        $mapping.Segment.Seals | Should -Be 'Seal, FutureWrite'
        $mapping.Writer.WriteInt32(0, 4)
        { $mapping.Segment | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'AccessDenied*'
        ($mapping.Segment | Mount-ShmSegment -ReadOnly).Reader.ReadInt32(0) | Should -Be 4
    }
}

Describe 'A descriptor of another process' {
    BeforeAll {
        # Perl makes a memfd of 8 KB, says its number, and then obeys: "get OFFSET", "put OFFSET TEXT".
        $program = [System.IO.Path]::GetTempFileName()
        [System.IO.File]::WriteAllText($program, @'
            $| = 1;
            my $call = `uname -m` =~ /aarch64/ ? 279 : 319;
            my $label = "from perl";
            my $fd = syscall($call, $label, 1);
            open(my $memory, "+<&=", $fd) or die $!;
            binmode $memory; truncate $memory, 8192;
            print "$fd\n";
            while (<STDIN>) {
                chomp; my ($verb, $offset, $text) = split / /, $_, 3;
                sysseek $memory, $offset, 0;
                if ($verb eq "put") { syswrite $memory, $text; print "ok\n" }
                elsif ($verb eq "cut") { truncate $memory, $offset; print "ok\n" }
                else { sysread $memory, my $data, 4; print "$data\n" }
            }
'@)
        $peer = Start-Program perl $program
        $descriptor = [int]$peer.StandardOutput.ReadLine()
        function Invoke-Perl($Line) {
            $peer.StandardInput.WriteLine($Line)
            $peer.StandardInput.Flush()
            $peer.StandardOutput.ReadLine()
        }
    }

    AfterAll {
        $peer.StandardInput.Close()
        $null = $peer.WaitForExit(10000)
        $peer.Dispose()
        Remove-Item $program
    }

    AfterEach { Get-ShmMapping | ForEach-Object { $_.Dispose() } }

    It 'is mounted, and both see what the other writes' {
        $mapping = Mount-ShmSegment -ProcessId $peer.Id -Descriptor $descriptor
        $mapping.Segment.Name | Should -BeExactly 'memfd:from perl'
        $mapping.Length | Should -Be 8192
        Invoke-Perl 'put 100 abcd' | Should -Be 'ok'
        $mapping.Reader.ReadString(100, 4) | Should -BeExactly 'abcd'
        $null = $mapping.Writer.WriteString(200, 'wxyz')
        Invoke-Perl 'get 200' | Should -BeExactly 'wxyz'
    }

    It 'binds by property name' {
        ([pscustomobject]@{ ProcessId = $peer.Id; Descriptor = $descriptor } | Mount-ShmSegment).Length |
            Should -Be 8192
    }

    It 'that the peer truncates is SegmentTruncated' {
        $mapping = Mount-ShmSegment -ProcessId $peer.Id -Descriptor $descriptor
        Invoke-Perl 'cut 4096' | Should -Be 'ok'
        { Read-ShmData $mapping -Offset 4096 -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
        Invoke-Perl 'cut 8192' | Should -Be 'ok'
    }

    It 'that is no memfd is NotSupportedByKind' {
        { Mount-ShmSegment -ProcessId $peer.Id -Descriptor 0 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotSupportedByKind*'
    }

    It 'that is a file called as a memfd is, of a file system that nobody has mounted any more, is NotSupportedByKind' -Tag Root -Skip:(
        [System.Environment]::UserName -ne 'root') {
        . "$PSScriptRoot/ChildHost.ps1"
        Invoke-ChildHost -Through unshare, -m, bash, -c, ('mkdir $HOME/m && mount -t tmpfs none $HOME/m && ' +
            'exec 9<>$HOME/m/memfd:pwsh && truncate -s 4096 $HOME/m/memfd:pwsh && rm $HOME/m/memfd:pwsh && ' +
            'umount -l $HOME/m && exec "$@"'), bash -Script @'
            (Get-Item /proc/self/fd/9).LinkTarget
            Mount-ShmSegment -ProcessId $PID -Descriptor 9 -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed[0].FullyQualifiedErrorId.Split(',')[0]
'@ | Should -Be '/memfd:pwsh (deleted)', 'NotSupportedByKind'
    }

    It 'that is not there is SegmentNotFound: <Case>' -ForEach @(
        @{ Case = 'no such number'; Id = $null; Number = 999 }
        @{ Case = 'a negative one'; Id = $null; Number = -1 }
        @{ Case = 'no such process'; Id = 2147483647; Number = 0 }
        @{ Case = 'a negative process'; Id = -1; Number = 0 }
    ) {
        $process = if ($null -eq $Id) { $peer.Id } else { $Id }
        { Mount-ShmSegment -ProcessId $process -Descriptor $Number -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentNotFound*'
    }

    It 'of somebody else is AccessDenied' -Skip:([System.Environment]::UserName -ne 'root') -Tag Root {
        . "$PSScriptRoot/ChildHost.ps1"
        Invoke-ChildHost -Through setpriv, --reuid=65534, --regid=65534, --clear-groups -Script @"
            Mount-ShmSegment -ProcessId $($peer.Id) -Descriptor $descriptor -ErrorAction SilentlyContinue -ErrorVariable failed
            # -ReadOnly would not help.
            if ("`$failed" -match '-ReadOnly') { "advice: `$failed" }
            `$failed[0].FullyQualifiedErrorId.Split(',')[0]
"@ | Should -Be 'AccessDenied'
    }
}

Describe 'An anonymous segment on a host whose shared memory may get huge pages by itself' {
    It 'has the page size of every other' -Skip:$cannotPoke {
        # Such a host (shmem_enabled) says 2 MB where a file is asked for its block size. A tracer says so here.
        . "$PSScriptRoot/ChildHost.ps1"
        $lie = 'inject=statx:poke_exit=@arg5=ff0f000000002000'
        Invoke-ChildHost -Through strace, -f, --seccomp-bpf, -qq, -o, /dev/null, -e, trace=statx, -e, $lie -Script @'
            $page = [Environment]::SystemPageSize
            $s = New-ShmSegment -Anonymous -Size (2 * $page)
            "$([int](stat -L -c %o /proc/self/fd/0) -gt 1MB) [$($s.Status)] $((Mount-ShmSegment $s).PageSize / $page)"
            (Mount-ShmSegment $s -Offset $page).Length / $page
            (Resize-ShmSegment $s -Size (3 * $page) -PassThru).Size / $page
            $m = Mount-ShmSegment $s
            Set-ShmProtection $m Read -Offset $page -Length $page
            Dismount-ShmSegment $m -Offset (2 * $page)
            ($m.Regions.State -join ' ')
'@ | Should -Be 'True [None] 1', '1', '3', 'Mapped Mapped Hole'
    }
}
