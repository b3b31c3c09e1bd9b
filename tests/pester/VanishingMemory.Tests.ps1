# Memory that is gone when it is touched: an error that counts the bytes done, and never a signal. Peers truncate with
# Perl; a full /dev/shm is a small one of a namespace of its own.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-pages-vanish-$PID"
    $file = "/dev/shm$name"

    function Set-FileSize([long] $Size) {
        perl -e 'truncate $ARGV[0], $ARGV[1] or die $!' $file $Size
    }

    # What a call says: "SegmentTruncated 4096".
    function Get-Outcome([scriptblock] $Script) {
        try { $null = & $Script; 'nothing' }
        catch {
            $cause = $_.Exception
            while ($cause -isnot [PSSharedMemory.ShmException]) { $cause = $cause.InnerException }
            "$($cause.ErrorId) $($cause.BytesDone)"
        }
    }
}

Describe 'A peer that truncates' {
    BeforeEach {
        $segment = New-ShmSegment $name -Size 64KB
        $mapping = $segment | Mount-ShmSegment
        $bytes = [byte[]]::new(64KB)
        [Array]::Fill($bytes, [byte]7)
        $mapping.Writer.WriteBytes(0, $bytes)
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-Item $file -ErrorAction Ignore
    }

    It 'at <Size> bytes ends reading and writing there' -ForEach @(
        @{ Size = 32768 }, @{ Size = 32767 }, @{ Size = 30000 }, @{ Size = 1 }, @{ Size = 0 }
    ) {
        Set-FileSize $Size
        Get-Outcome { $mapping.Reader.ReadBytes(0, 64KB) } | Should -Be "SegmentTruncated $Size"
        Get-Outcome { $mapping.Writer.WriteBytes(0, $bytes) } | Should -Be "SegmentTruncated $Size"
        # Whole pages are lost: the rest of the page in which the object ends is still there, and nobody's.
        $next = [Math]::Ceiling($Size / 4096) * 4096
        Get-Outcome { $mapping.Reader.ReadByte($next) } | Should -Be 'SegmentTruncated 0'
        Get-Outcome { $mapping.Writer.WriteByte($next, 1) } | Should -Be 'SegmentTruncated 0'
        Get-Outcome { $mapping.Reader.ReadByte(65535) } | Should -Be 'SegmentTruncated 0'
        if ($Size) { $mapping.Reader.ReadByte($Size - 1) | Should -Be 7 }
        # Writing never makes it grow again.
        stat -c '%s' $file | Should -Be "$Size"
    }

    It 'ends a write in the middle, and what came before it is written' {
        Set-FileSize 8192
        [Array]::Fill($bytes, [byte]9)
        Get-Outcome { $mapping.Writer.WriteBytes(4096, $bytes[0..8191]) } | Should -Be 'SegmentTruncated 4096'
        $all = Get-Content $file -AsByteStream -Raw
        $all[4095], $all[4096], $all[8191], $all.Length | Should -Be @(7, 9, 9, 8192)
    }

    It 'is an error record of a cmdlet, with the mapping as its target' {
        Set-FileSize 0
        $record = { Read-ShmData $mapping -As Int32 -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentTruncated*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidData'
        $record.TargetObject | Should -Be $mapping
        { Write-ShmData $mapping 5 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
    }

    It 'ends text that would go on' {
        $mapping.Reader.ReadCString(0).Length | Should -Be 65536
        Set-FileSize 4096
        Get-Outcome { $mapping.Reader.ReadCString(0) } | Should -BeLike 'SegmentTruncated *'
        Get-Outcome { $mapping.Reader.ReadString(4000, 200) } | Should -Be 'SegmentTruncated 96'
    }

    It 'does not disturb who reads what is left, nor later when it grows again' {
        Set-FileSize 4096
        $mapping.Reader.ReadBytes(0, 4096).Length | Should -Be 4096
        Set-FileSize 64KB
        $mapping.Reader.ReadByte(4095), $mapping.Reader.ReadByte(4096) | Should -Be @(7, 0)
    }

    It 'shows what is lost in Regions, until the object has its bytes again: then the next access works by itself' {
        Set-FileSize 8192
        Get-Outcome { $mapping.Reader.ReadBytes(0, 64KB) } | Should -Be 'SegmentTruncated 8192'
        $mapping.Regions.ForEach{ "$($_.Offset) $($_.Length) $($_.State)" } |
            Should -Be '0 8192 Mapped', '8192 57344 Lost'
        Get-Outcome { $mapping.Writer.WriteInt32(8192, 1) } | Should -Be 'SegmentTruncated 0'
        Set-FileSize 32768
        $mapping.Reader.ReadInt32(8192) | Should -Be 0
        $mapping.Writer.WriteInt32(8192, 77)
        $mapping.Regions.ForEach{ "$($_.Offset) $($_.Length) $($_.State)" } |
            Should -Be '0 32768 Mapped', '32768 32768 Lost'
        [BitConverter]::ToInt32((Get-Content $file -AsByteStream -Raw), 8192) | Should -Be 77
        Set-FileSize 65536
        $null = $mapping.Reader.ReadBytes(0, 64KB)
        @($mapping.Regions).Count | Should -Be 1
    }

    It 'ends every other access alike: <What>' -ForEach @(
        @{ What = 'Update-ShmValue'; Call = { Update-ShmValue $mapping 40960 -Add 1 -ErrorAction Stop } }
        @{ What = 'Wait-ShmValue'; Call = { Wait-ShmValue $mapping 40960 -Equal 9 -TimeoutSec 20 -ErrorAction Stop } }
        @{ What = 'Search-ShmData'; Call = { Search-ShmData $mapping nothing -ErrorAction Stop } }
        @{
            What = 'Compare-ShmData'
            Call = { Compare-ShmData $mapping -Difference ([byte[]]::new(64KB)) -ErrorAction Stop }
        }
        @{ What = 'Copy-ShmData'; Call = {
            Copy-ShmData $mapping -Destination $mapping -DestinationOffset 32KB -Length 32KB -ErrorAction Stop
        } }
        @{ What = 'Clear-ShmData'; Call = { Clear-ShmData $mapping -ErrorAction Stop } }
        @{ What = 'New-ShmMutex'; Call = { New-ShmMutex $mapping 40960 -ErrorAction Stop } }
        @{ What = 'New-ShmSemaphore'; Call = { New-ShmSemaphore $mapping 40960 -ErrorAction Stop } }
        @{
            What = 'Set-ShmProtection and a write'
            Call = { Set-ShmProtection $mapping Read, Write; Write-ShmData $mapping 5 -Offset 40960 -ErrorAction Stop }
        }
    ) {
        Set-FileSize 4096
        $Call | Should -Throw -ErrorId 'SegmentTruncated*'
        (Get-Item $file).Length | Should -Be 4096
    }

    It 'at a view from an offset' {
        $view = $segment | Mount-ShmSegment -Offset 8192 -Length 8192
        Set-FileSize 10000
        Get-Outcome { $view.Reader.ReadBytes(0, 8192) } | Should -Be 'SegmentTruncated 1808'
        Set-FileSize 100
        Get-Outcome { $view.Reader.ReadBytes(0, 8192) } | Should -Be 'SegmentTruncated 0'
    }

    It 'at a copy-on-write view' {
        $view = $segment | Mount-ShmSegment -CopyOnWrite
        $view.Writer.WriteByte(50000, 1)
        Set-FileSize 4096
        Get-Outcome { $view.Reader.ReadBytes(0, 64KB) } | Should -Be 'SegmentTruncated 4096'
        Get-Outcome { $view.Writer.WriteByte(50000, 2) } | Should -Be 'SegmentTruncated 0'
    }

    It 'over and over, beside a reader and a writer' {
        $peer = [System.Diagnostics.Process]::Start('perl', [string[]] (
                '-e', 'for (1..$ARGV[1]) { truncate $ARGV[0], 0; truncate $ARGV[0], 65536; }', $file, '20000'))
        $seen = [System.Collections.Generic.HashSet[string]]::new()
        while (-not $peer.HasExited) {
            $null = $seen.Add((Get-Outcome { $mapping.Reader.ReadBytes(0, 64KB) }).Split(' ')[0])
            $null = $seen.Add((Get-Outcome { $mapping.Writer.WriteBytes(0, $bytes) }).Split(' ')[0])
        }
        $peer.ExitCode | Should -Be 0
        $peer.Dispose()
        $seen | Should -Contain 'SegmentTruncated'
        # It can have grown again when the cause is looked for; then the page has no memory yet.
        $seen | ForEach-Object { $_ | Should -BeIn @('nothing', 'SegmentTruncated', 'NoSpace') }
    }
}

Describe 'Looking at what has no pages' {
    It 'gives it none: <Kind>' -ForEach @(
        @{ Kind = 'POSIX'; How = @{ Name = '/pst-reading' } }
        @{ Kind = 'memfd'; How = @{ Anonymous = $true; Label = 'pst-reading' } }
    ) {
        $segment = New-ShmSegment @How -Size 20GB -Sparse
        try {
            $mapping = $segment | Mount-ShmSegment
            Write-ShmData $mapping 'needle' -As String -Offset 19GB
            Write-ShmData $mapping 'needle' -As String -Offset 4KB
            $clock = [Diagnostics.Stopwatch]::StartNew()
            (Search-ShmData $mapping needle).Offset | Should -Be 4KB, 19GB
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
            $descriptor = @((Get-ChildItem /proc/self/fd -ErrorAction Ignore).FullName).Where(
                { (readlink $_.Replace('self', $PID)) -like '*pst-reading*' }, 'First')[0]
            [int](stat -L -c '%b' $descriptor.Replace('self', $PID)) | Should -BeLessOrEqual (6 * 8)
            $mapping.Dispose()
        }
        finally { if ($segment.Kind -eq 'Posix') { $segment | Remove-ShmSegment } }
    }

    It 'gives it none: System V' {
        $mapping = New-ShmSegment -Private -Size 20GB -Sparse -Mount -Ephemeral
        Write-ShmData $mapping 'needle' -As String -Offset 19GB
        Write-ShmData $mapping 'needle' -As String -Offset 4KB
        (Search-ShmData $mapping needle).Offset | Should -Be 4KB, 19GB
        $row = (Get-Content /proc/sysvipc/shm).Where({ $_ -match "^ *\d+ +$($mapping.Segment.Id) " })[0]
        $mapping.Dispose()
        # The last but one is what it has in memory.
        [long](-split $row)[-2] | Should -BeLessOrEqual 24KB
    }
}

Describe 'Protection that other code has changed' {
    It 'ends an access with PageProtected and the bytes done; the next one finds the page as Set-ShmProtection left it' {
        $segment = New-ShmSegment $name -Size 16KB
        $mapping = $segment | Mount-ShmSegment
        $mapping.Writer.WriteByte(8192, 42)
        $private = $segment | Mount-ShmSegment -CopyOnWrite
        $libc = [PSSharedMemory.ShmMapping].Assembly.GetType('PSSharedMemory.Native.Libc')
        function Set-PageByOtherCode($Mapping, $Protection) {
            $null = $libc.GetMethod('mprotect').Invoke(
                $null, @([IntPtr]([long]$Mapping.Address + 8192), [UIntPtr]::new(4096), $Protection))
        }
        Set-PageByOtherCode $private 0
        Get-Outcome { $private.Reader.ReadBytes(0, 16384) } | Should -Be 'PageProtected 8192'
        $private.Dispose()
        Set-PageByOtherCode $mapping 0
        Get-Outcome { $mapping.Reader.ReadBytes(0, 16384) } | Should -Be 'PageProtected 8192'
        $mapping.Reader.ReadByte(8192) | Should -Be 42
        Set-PageByOtherCode $mapping 1
        $mapping.Reader.ReadBytes(0, 16384).Length | Should -Be 16384
        Get-Outcome { $mapping.Writer.WriteBytes(4096, [byte[]]::new(8192)) } | Should -Be 'PageProtected 4096'
        $mapping.Reader.ReadByte(8192) | Should -Be 42
        Set-PageByOtherCode $mapping 0
        { Update-ShmValue $mapping 8192 -Add 1 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*'
        $mapping.Reader.ReadByte(8192) | Should -Be 42
        Set-PageByOtherCode $mapping 0
        { New-ShmMutex $mapping 8192 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*'
        Set-ShmProtection $mapping 'Read, Write'
        $mapping.Writer.WriteBytes(4096, [byte[]]::new(8192))
        Update-ShmValue $mapping 8192 -Add 1 | Should -Be 0
        $mapping.Dispose()
        $segment | Remove-ShmSegment
    }
}

Describe 'A full /dev/shm' -Skip:([System.Environment]::UserName -ne 'root') -Tag Root {
    BeforeAll {
        # 1 MB, of which 64 KB are left; and an object of 512 KB without pages.
        function Invoke-InFull([string] $Script) {
            $setup =
                'mount -t tmpfs -o size=1m tmpfs /dev/shm && head -c 983040 /dev/zero > /dev/shm/filler && truncate -s 512K /dev/shm/pst-sparse && exec "$@"'
            Invoke-ChildHost -Through unshare, -i, -m, sh, -c, $setup, sh -Script $Script
        }
    }

    It 'ends a write under a sparse object, and reading it, with NoSpace and the bytes done' {
        $answer = Invoke-InFull @'
            $mapping = Mount-ShmSegment /pst-sparse
            try { $mapping.Writer.WriteBytes(0, [byte[]]::new(512KB)) }
            catch { $cause = $_.Exception.InnerException; "$($cause.ErrorId) $($cause.BytesDone)" }
            Write-ShmData $mapping 5 -Offset 400KB -ErrorAction SilentlyContinue -ErrorVariable failed
            "$($failed[0].FullyQualifiedErrorId.Split(',')[0]) $($failed[0].CategoryInfo.Category)"
            Read-ShmData $mapping -As Int32 -Offset 400KB -ErrorAction SilentlyContinue -ErrorVariable failed
            "$($failed[0].FullyQualifiedErrorId.Split(',')[0])"
            $private = Mount-ShmSegment /pst-sparse -CopyOnWrite
            Read-ShmData $private -As Int32 -Offset 400KB -ErrorAction SilentlyContinue -ErrorVariable failed
            "$($failed[0].FullyQualifiedErrorId.Split(',')[0])"
'@
        $answer | Should -Be @('NoSpace 65536', 'NoSpace ResourceUnavailable', 'NoSpace', 'NoSpace')
        $LASTEXITCODE | Should -Be 0
    }

    It 'is NoSpace for -Populate, -Lock, PopulateWrite, new segments and larger ones, and leaves them as they were' {
        Invoke-InFull @'
            $failed = $null
            Mount-ShmSegment /pst-sparse -Populate -ErrorAction SilentlyContinue -ErrorVariable +failed
            Mount-ShmSegment /pst-sparse -Lock -ErrorAction SilentlyContinue -ErrorVariable +failed
            $mapping = Mount-ShmSegment /pst-sparse
            Set-ShmAdvice $mapping PopulateWrite -ErrorAction SilentlyContinue -ErrorVariable +failed
            New-ShmSegment /pst-more -Size 512KB -ErrorAction SilentlyContinue -ErrorVariable +failed
            Resize-ShmSegment /pst-sparse -Size 1MB -ErrorAction SilentlyContinue -ErrorVariable +failed
            $failed.ForEach{ $_.FullyQualifiedErrorId.Split(',')[0] } -join ' '
            "$([System.IO.FileInfo]::new('/dev/shm/pst-sparse').Length) $([System.IO.File]::Exists('/dev/shm/pst-more')) $(@(Get-ShmMapping).Count)"
'@ | Should -Be @('NoSpace NoSpace NoSpace NoSpace NoSpace', '524288 False 1')
    }
}

Describe 'Memory that cannot vanish' {
    It 'takes the fast path: System V' {
        $mapping = New-ShmSegment -Private -Size 4KB -Mount -Ephemeral
        $mapping.IsGuarded | Should -BeFalse
        $mapping.Dispose()
    }

    It 'takes the fast path: a memfd that is sealed against shrinking, which Perl cannot truncate' {
        $mapping = New-ShmSegment -Anonymous -Label pst-fast -Size 4KB -Mount -Seal Shrink
        $mapping.IsGuarded | Should -BeFalse
        $number = @(Get-DescriptorLike '/memfd:pst-fast *')[0]
        perl -e 'print truncate($ARGV[0], 0) ? "shrunk" : $!{EPERM} ? "EPERM" : $!' "/proc/$PID/fd/$number" |
            Should -Be 'EPERM'
        $mapping.Dispose()
    }
}
