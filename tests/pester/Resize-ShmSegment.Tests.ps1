# Other sizes, and mappings that follow. stat, Perl and /proc/self/maps are the witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    $name = "/pst-pages-resize-$PID"
    $file = "/dev/shm$name"
}

Describe 'Resize-ShmSegment' {
    BeforeEach {
        $segment = New-ShmSegment $name -Size 16KB
        $mapping = $segment | Mount-ShmSegment
        $mapping.Writer.WriteInt32(100, 77)
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-Item $file -ErrorAction Ignore
    }

    It 'grows, and reserves what it adds' {
        $now = Resize-ShmSegment $name -Size 1MB -PassThru
        $now.Size | Should -Be 1MB
        stat -c '%s %b' $file | Should -Be '1048576 2048'
    }

    It 'gives back what a killed process has reserved beyond the end, with the size that it has' {
        fallocate -n -o 16MiB -l 8MiB $file
        $before = Get-ShmSegment $name
        $before.Allocated | Should -BeGreaterOrEqual (8MB)
        (Test-ShmHost ShmContents).Result | Should -Be 'Warning'
        Resize-ShmSegment $name -Size $before.Size
        (Get-ShmSegment $name).Allocated | Should -Be ($before.Allocated - 8MB)
        (Get-Item $file).Length | Should -Be $before.Size
    }

    It 'takes live mappings of this process along, with their bytes' {
        Resize-ShmSegment $name -Size 1MB
        $mapping.Length | Should -Be 1MB
        Get-KernelPicture $mapping | Should -Be '0 1048576 rw-'
        Get-BookPicture $mapping | Should -Be '0 1048576 rw-'
        $mapping.Reader.ReadInt32(100) | Should -Be 77
        $mapping.Writer.WriteInt32(1MB - 4, 5)
        perl -e 'open F, "<", $ARGV[0]; seek F, -4, 2; read F, $x, 4; print unpack "l", $x' $file | Should -Be '5'
        $mapping.Dispose()
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike "*$file*"
    }

    It 'takes each view along as it is: read-only, copy-on-write, from an offset' {
        $reader = $segment | Mount-ShmSegment -ReadOnly
        $private = $segment | Mount-ShmSegment -CopyOnWrite
        $private.Writer.WriteInt32(100, 1)
        $tail = $segment | Mount-ShmSegment -Offset 8192
        Resize-ShmSegment $name -Size 64KB
        Get-KernelPicture $reader | Should -Be '0 65536 r--'
        $private.Reader.ReadInt32(100) | Should -Be 1
        $mapping.Reader.ReadInt32(100) | Should -Be 77
        $tail.Length | Should -Be (64KB - 8192)
        $mapping.Writer.WriteInt32(65532, 9)
        $reader.Reader.ReadInt32(65532) | Should -Be 9
        $private.Reader.ReadInt32(65532) | Should -Be 9
        $tail.Reader.ReadInt32(65532 - 8192) | Should -Be 9
    }

    It 'leaves a view that ends before the end' {
        $part = $segment | Mount-ShmSegment -Length 4096
        Resize-ShmSegment $name -Size 64KB
        $part.Length | Should -Be 4096
        Get-KernelPicture $part | Should -Be '0 4096 rw-'
    }

    It 'shrinks with -Force, and no mapping reaches beyond the end' {
        $part = $segment | Mount-ShmSegment -Offset 4096 -Length 8192
        Resize-ShmSegment $name -Size 5000 -Force
        stat -c '%s' $file | Should -Be '5000'
        $mapping.Length | Should -Be 5000
        $part.Length | Should -Be 904
        Get-KernelPicture $mapping | Should -Be '0 8192 rw-'
        Get-BookPicture $mapping | Should -Be '0 8192 rw-'
        Get-KernelPicture $part | Should -Be '0 4096 rw-'
        { Read-ShmData $mapping -Offset 5000 -As Byte -Count 1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutOfRange*'
        $mapping.Reader.ReadInt32(100) | Should -Be 77
    }

    It 'shrinks over holes and protected pages' {
        Dismount-ShmSegment $mapping -Offset 8192 -Length 4096
        Set-ShmProtection $mapping Read -Offset 4096 -Length 4096
        Resize-ShmSegment $name -Size 8192 -Force
        Get-BookPicture $mapping | Should -Be @('0 4096 rw-', '4096 4096 r--')
        Get-KernelPicture $mapping | Should -Be @('0 4096 rw-', '4096 4096 r--')
    }

    It 'takes a mapping along whose pages differ: in its place, or elsewhere where that is taken' {
        $room = $segment | Mount-ShmSegment -Address 0x210000000000
        Set-ShmProtection $room Read -Length 4096
        Dismount-ShmSegment $room -Offset 8192 -Length 4096
        $behind = $segment | Mount-ShmSegment -Address (0x210000000000 + 16KB) -Length 4096
        Resize-ShmSegment $name -Size 64KB
        $room.Address | Should -Not -Be 0x210000000000
        $picture = '0 4096 r--', '4096 4096 rw-', '8192 4096 ---', "12288 $(64KB - 12288) rw-"
        Get-KernelPicture $room | Should -Be $picture
        Get-BookPicture $room | Should -Be $picture
        @(Get-MapsArea -Address 0x210000000000 -Length 16KB) | Should -BeNullOrEmpty
        @(Get-MapsArea $room)[2].Path | Should -BeNullOrEmpty
        $room.Reader.ReadInt32(100) | Should -Be 77
        $room.Writer.WriteInt32(65532, 9)
        $mapping.Reader.ReadInt32(65532) | Should -Be 9
        { Read-ShmData $room -Offset 8192 -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'PageNotMapped*'
        $behind.Reader.ReadInt32(100) | Should -Be 77
        $address = $room.Address
        $room.Dispose()
        # The shared pages and the hole are gone; the runtime may have put memory of its own there.
        @(Get-MapsArea -Address $address -Length 64KB |
            Where-Object { $_.Share -eq 's' -or ($_.Protection -eq '---' -and $_.Length -eq 4096) }) |
            Should -BeNullOrEmpty
    }

    It 'says why a mapping could not follow: <Case>' -ForEach @(
        @{ Case = 'copy-on-write'; Arguments = @{ CopyOnWrite = $true }; Said = 'own pages alone' }
        @{ Case = 'locked in RAM'; Arguments = @{ Lock = $true }; Said = 'locked in RAM' }
        @{ Case = 'advised'; Arguments = @{}; Said = 'advised' }
    ) {
        # Its pages differ, and right behind it lies another.
        $room = $segment | Mount-ShmSegment -Address 0x210000000000 @Arguments
        Set-ShmProtection $room Read -Length 4096
        if ($Case -eq 'advised') { Set-ShmAdvice $room DontFork }
        $behind = $segment | Mount-ShmSegment -Address (0x210000000000 + 16KB) -Length 4096
        Resize-ShmSegment $name -Size 64KB -WarningVariable saying -WarningAction SilentlyContinue
        $saying.Count | Should -Be 1
        $saying[0].Message | Should -BeLike "*0x210000000000*16384*addresses behind it are taken*$Said*"
        $room.Length | Should -Be 16384
        $behind.Dispose()
        Resize-ShmSegment $name -Size 128KB -WarningVariable saying -WarningAction SilentlyContinue
        $saying.Count | Should -Be 0
        Get-KernelPicture $room | Should -Be @('0 4096 r--', "4096 $(128KB - 4096) rw-")
        Get-BookPicture $room | Should -Be @('0 4096 r--', "4096 $(128KB - 4096) rw-")
    }

    It 'leaves a view of which nothing is left, and no access ends the process' {
        $tail = $segment | Mount-ShmSegment -Offset 8192
        Resize-ShmSegment $name -Size 4096 -Force -WarningVariable said -WarningAction SilentlyContinue
        $said.Count | Should -Be 1
        { Read-ShmData $tail -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
    }

    It 'leaves what another thread has locked, and no access ends the process: <Case>' -ForEach @(
        @{ Case = 'a part is gone'; Offset = 0 }, @{ Case = 'nothing is left'; Offset = 8192 }
    ) {
        . "$PSScriptRoot/ChildHost.ps1"
        $said = Invoke-ChildHost @"
            `$mapping = Mount-ShmSegment '$name' -Offset $Offset
            `$mutex = New-ShmMutex `$mapping 4096
            `$begun = [System.Threading.ManualResetEventSlim]::new()
            `$module = (Get-Module PSSharedMemory).Path
            `$shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
            `$null = `$shell.AddScript("Import-Module '`$module'").Invoke()
            `$shell.Commands.Clear()
            `$null = `$shell.AddScript('param(`$mutex, `$begun) Lock-ShmMutex `$mutex; `$begun.Set(); while (`$true) { [System.Threading.Thread]::Sleep(1) }').AddArgument(`$mutex).AddArgument(`$begun)
            `$run = `$shell.BeginInvoke()
            `$begun.Wait()
            Resize-ShmSegment '$name' 4096 -Force -WarningVariable saying -WarningAction SilentlyContinue
            `$saying.Count
            foreach (`$use in { Read-ShmData `$mapping -Offset 5000 -As Int32 -ErrorAction Stop }, { Update-ShmValue `$mapping 5000 -Add 1 -ErrorAction Stop }) {
                try { & `$use } catch { `$_.FullyQualifiedErrorId.Split(',')[0] }
            }
            `$shell.Stop()
"@
        $said | Should -Be @('1', 'SegmentTruncated', 'SegmentTruncated')
        $LASTEXITCODE | Should -Be 0
    }

    It 'asks before it shrinks, and changes nothing where nobody can answer' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $null = $shell.AddScript(
            'param($module, $name) Import-Module $module; Resize-ShmSegment $name -Size 100; Resize-ShmSegment $name -Size 32KB')
        $null = $shell.AddArgument("$PSScriptRoot/../../out/PSSharedMemory").AddArgument($name).Invoke()
        $shell.Streams.Error.Count | Should -Be 1
        $shell.Dispose()
        stat -c '%s' $file | Should -Be '32768'
    }

    It 'changes nothing with -WhatIf' {
        Resize-ShmSegment $name -Size 4KB -Force -WhatIf
        Resize-ShmSegment $name -Size 1MB -WhatIf
        stat -c '%s' $file | Should -Be '16384'
    }

    It 'resizes an anonymous segment' {
        $memfd = New-ShmSegment -Anonymous -Size 4KB -Mount
        $memfd.Segment | Resize-ShmSegment -Size 64KB
        $memfd.Writer.WriteInt32(65532, 3)
        $memfd.Reader.ReadInt32(65532) | Should -Be 3
        Get-KernelPicture $memfd | Should -Be '0 65536 rw-'
    }

    It 'is AccessDenied where it is sealed' {
        $memfd = New-ShmSegment -Anonymous -Size 8KB -Seal Grow, Shrink
        { $memfd | Resize-ShmSegment -Size 16KB -ErrorAction Stop } | Should -Throw -ErrorId 'AccessDenied*'
        { $memfd | Resize-ShmSegment -Size 4KB -Force -ErrorAction Stop } | Should -Throw -ErrorId 'AccessDenied*'
    }

    It 'is NotSupportedByKind for System V, and says what to do' {
        $sysv = New-ShmSegment -Private -Size 4KB
        $record = { $sysv | Resize-ShmSegment -Size 8KB -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotSupportedByKind*' -PassThru
        "$record" | Should -BeLike '*Copy-ShmData*'
        $sysv | Remove-ShmSegment
    }

    It 'is InvalidSize for <_>' -ForEach 0, -1, ([long]::MinValue) {
        { Resize-ShmSegment $name -Size $_ -Force -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize*'
        stat -c '%s' $file | Should -Be '16384'
    }

    It 'is NoSpace for more than there is, and the size stays: <_>' -ForEach 8TB, ([long]::MaxValue) {
        { Resize-ShmSegment $name -Size $_ -ErrorAction Stop } | Should -Throw -ErrorId 'NoSpace*'
        stat -c '%s' $file | Should -Be '16384'
        $mapping.Length | Should -Be 16384
    }

    It 'does not resize what took the place of the one that was listed' {
        Move-Item $file "$file-kept"
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(10))
        { $segment | Resize-ShmSegment -Size 1MB -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*'
        stat -c '%s' $file | Should -Be '10'
        Remove-Item "$file-kept" -ErrorAction Ignore
    }

    It 'brings mappings back to bytes after a peer has truncated' {
        perl -e 'truncate $ARGV[0], 0' $file
        { Read-ShmData $mapping -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
        Resize-ShmSegment $name -Size 16KB
        $mapping.Reader.ReadInt32(100) | Should -Be 0
    }
}

Describe 'A resize that does not come to its end' {
    BeforeAll {
        # The user's progress: it is told when the first pages are reserved, and has a peer act at that moment.
        class ResizeProgress : System.IProgress[long] {
            [scriptblock] $Peer
            [System.Threading.CancellationTokenSource] $Stop
            [void] Report([long] $Bytes) {
                if (-not $this.Stop.IsCancellationRequested) { & $this.Peer; $this.Stop.Cancel() }
            }
        }
        function Stop-Resize([scriptblock] $Peer) {
            $stop = [System.Threading.CancellationTokenSource]::new()
            $progress = [ResizeProgress]@{ Peer = $Peer; Stop = $stop }
            $thrown = try {
                [PSSharedMemory.SegmentResize]::Resize($segment, 200MB, $progress, $false, $stop.Token)
            } catch { $_.Exception.GetBaseException() }
            $thrown | Should -BeOfType OperationCanceledException
        }
    }

    BeforeEach {
        $segment = New-ShmSegment $name -Size 4097
        $before = [long](stat -c %b $file)
    }

    AfterEach { Remove-Item $file -ErrorAction Ignore }

    It 'gives back what it reserved, and leaves the size' {
        Stop-Resize { }
        stat -c '%s %b' $file | Should -BeExactly "4097 $before"
    }

    It 'takes nothing from a peer that has made the object larger than asked' {
        Stop-Resize {
            perl -e 'open(my $f, "+<", $ARGV[0]) or die; truncate($f, 300 << 20); for (0, 5000, 100 << 20, 299 << 20) { seek($f, $_, 0); print $f "peer" }' $file
        }
        stat -c %s $file | Should -BeExactly (300MB)
        perl -e 'open(my $f, "<", $ARGV[0]) or die; for (0, 5000, 100 << 20, 299 << 20) { seek($f, $_, 0); read($f, my $b, 4); print $b }' $file |
            Should -BeExactly 'peerpeerpeerpeer'
    }

    It 'takes nothing from a peer that has made the object a little larger, and gives back what is beyond' {
        Stop-Resize {
            perl -e 'open(my $f, "+<", $ARGV[0]) or die; truncate($f, 1 << 20); seek($f, 1048572, 0); print $f "peer"' $file
        }
        perl -e 'open(my $f, "<", $ARGV[0]) or die; seek($f, 1048572, 0); read($f, my $b, 8); print $b' $file |
            Should -BeExactly 'peer'
        stat -c '%s %b' $file | Should -BeExactly '1048576 2048'
    }

    It 'leaves the size that a peer made smaller, and gives back what is beyond' {
        Stop-Resize { perl -e 'truncate($ARGV[0], 100)' $file }
        stat -c '%s %b' $file | Should -BeExactly '100 8'
    }
}
