# Several mappings of one segment, parts of one, and what they allow. /proc/self/maps, files and ipcs are the witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    $name = "/pst-pages-views-$PID"
    $file = "/dev/shm$name"
    function Get-NAttch($Id) { (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $Id }))[5] }
}

Describe 'Views of one segment' {
    BeforeEach {
        $posix = New-ShmSegment $name -Size 16KB
        $sysv = New-ShmSegment -Private -Size 16KB
        $memfd = New-ShmSegment -Anonymous -Size 16KB
        $all = $posix, $sysv, $memfd
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        $posix, $sysv | Remove-ShmSegment
    }

    It 'live side by side, and end one by one' {
        foreach ($segment in $all) {
            $writer = $segment | Mount-ShmSegment
            $reader = $segment | Mount-ShmSegment -ReadOnly
            $writer.Writer.WriteInt32(100, 77)
            $reader.Reader.ReadInt32(100) | Should -Be 77
            { Write-ShmData $reader 1 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*'
            Get-KernelPicture $writer | Should -Be '0 16384 rw-'
            Get-KernelPicture $reader | Should -Be '0 16384 r--'
            $writer.Dispose()
            $reader.Reader.ReadInt32(100) | Should -Be 77
        }
        Get-NAttch $sysv.Id | Should -Be 1
    }

    It 'allow what was asked: <Protection>' -ForEach @(
        @{ Protection = 'Read'; Shown = 'r--' }
        @{ Protection = 'Read, Write'; Shown = 'rw-' }
        @{ Protection = 'Read, Execute'; Shown = 'r-x' }
        @{ Protection = 'Read, Write, Execute'; Shown = 'rwx' }
        @{ Protection = 'Write'; Shown = '-w-' }
        @{ Protection = 'None'; Shown = '---' }
    ) {
        # /dev/shm may be mounted noexec, where the kernel refuses.
        $noexec = Get-Content /proc/self/mounts |
            Where-Object { $_ -match '^\S+ /dev/shm \S+ \S*noexec' }
        foreach ($segment in $all) {
            if ($segment.Kind -eq 'Posix' -and $noexec -and $Shown -like '*x') {
                { $segment | Mount-ShmSegment -Protection $Protection -ErrorAction Stop } |
                    Should -Throw -ErrorId 'AccessDenied*'
                continue
            }
            $mapping = $segment | Mount-ShmSegment -Protection $Protection
            Get-KernelPicture $mapping | Should -Be "0 16384 $Shown"
            Get-BookPicture $mapping | Should -Be "0 16384 $Shown"
        }
    }

    It 'of a read-only mounting never become writable' {
        foreach ($segment in $all) {
            $mapping = $segment | Mount-ShmSegment -ReadOnly
            $record = { Set-ShmProtection $mapping 'Read, Write' -ErrorAction Stop } |
                Should -Throw -ErrorId 'AccessDenied*' -PassThru
            $record.CategoryInfo.Category | Should -Be 'PermissionDenied'
            Get-KernelPicture $mapping | Should -Be '0 16384 r--'
            Get-BookPicture $mapping | Should -Be '0 16384 r--'
        }
    }

    It 'that are copy-on-write keep what is written' {
        foreach ($segment in $posix, $memfd) {
            $shared = $segment | Mount-ShmSegment
            $private = $segment | Mount-ShmSegment -CopyOnWrite
            $shared.Writer.WriteInt32(0, 1)
            $private.Reader.ReadInt32(0) | Should -Be 1
            $private.Writer.WriteInt32(0, 2)
            $shared.Reader.ReadInt32(0) | Should -Be 1
            $private.Reader.ReadInt32(0) | Should -Be 2
            @(Get-MapsArea $private).Share | Should -Be 'p'
            $private.IsCopyOnWrite | Should -BeTrue
        }
        [BitConverter]::ToInt32((Get-Content $file -AsByteStream -Raw), 0) | Should -Be 1
    }

    It 'are parts of a segment with -Offset and -Length' {
        foreach ($segment in $posix, $memfd) {
            $whole = $segment | Mount-ShmSegment
            $part = $segment | Mount-ShmSegment -Offset 4096 -Length 5000
            $part.Length, $part.Offset | Should -Be @(5000, 4096)
            $part.Writer.WriteInt32(0, 9)
            $whole.Reader.ReadInt32(4096) | Should -Be 9
            $part.Reader.ReadByte(4999) | Should -Be 0
            { Read-ShmData $part -Offset 5000 -As Byte -Count 1 -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*'
            @(Get-MapsArea $part)[0].Length | Should -Be 8192
            ($segment | Mount-ShmSegment -Offset 12288).Length | Should -Be 4096
        }
    }

    It 'refuse -Offset <Offset> -Length <Length>: <Id>' -ForEach @(
        @{ Offset = 1; Length = 100; Id = 'InvalidOffset' }
        @{ Offset = -4096; Length = 100; Id = 'InvalidOffset' }
        @{ Offset = 0; Length = 0; Id = 'OutOfRange' }
        @{ Offset = 0; Length = -1; Id = 'OutOfRange' }
        @{ Offset = 0; Length = 16385; Id = 'OutOfRange' }
        @{ Offset = 12288; Length = 4097; Id = 'OutOfRange' }
        @{ Offset = 16384; Length = 1; Id = 'OutOfRange' }
        @{ Offset = 4096; Length = [long]::MaxValue; Id = 'OutOfRange' }
        @{ Offset = 0x7ffffffffffff000; Length = 4096; Id = 'OutOfRange' }
    ) {
        foreach ($segment in $posix, $memfd) {
            $record = { $segment | Mount-ShmSegment -Offset $Offset -Length $Length -ErrorAction Stop } |
                Should -Throw -ErrorId "$Id*" -PassThru
            $record.CategoryInfo.Category | Should -Be 'InvalidArgument'
        }
        Get-ShmMapping | Should -BeNullOrEmpty
    }

    It 'are always whole for System V, and the error says what to do' {
        $record = { $sysv | Mount-ShmSegment -Offset 4096 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotSupportedByKind*' -PassThru
        $record.Exception.Message | Should -BeLike '*at the offset*'
        { $sysv | Mount-ShmSegment -Length 4096 -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
        { $sysv | Mount-ShmSegment -CopyOnWrite -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
        Get-NAttch $sysv.Id | Should -Be 0
    }

    It 'keep no descriptor open that they do not need' {
        $guarded = $posix | Mount-ShmSegment
        @(Get-DescriptorLike "*$name*").Count | Should -Be 1
        $guarded.Dispose()
        @(Get-DescriptorLike "*$name*").Count | Should -Be 0
    }

    It 'bring their pages in with -Populate' {
        $sparse = New-ShmSegment "$name-sparse" -Size 1MB -Sparse
        stat -c '%b' "$file-sparse" | Should -Be '0'
        $null = $sparse | Mount-ShmSegment -Populate
        stat -c '%b' "$file-sparse" | Should -Be '2048'
        $sparse | Remove-ShmSegment
        { $posix | Mount-ShmSegment -Protection None -Populate -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageProtected*'
    }

    It 'stay in RAM with -Lock' {
        foreach ($segment in $all) {
            $mapping = $segment | Mount-ShmSegment -Lock
            Get-SmapsField $mapping.Address Locked | Should -Be '16 kB'
            Get-SmapsField $mapping.Address VmFlags | Should -BeLike '*lo*'
        }
    }

    It 'are guarded only where memory can vanish' {
        ($posix | Mount-ShmSegment).IsGuarded | Should -BeTrue
        ($posix | Mount-ShmSegment -Unguarded -WarningAction SilentlyContinue -WarningVariable said).IsGuarded |
            Should -BeTrue
        $said.Count | Should -Be 1
        ($sysv | Mount-ShmSegment).IsGuarded | Should -BeFalse
        ($memfd | Mount-ShmSegment).IsGuarded | Should -BeTrue
        (New-ShmSegment -Anonymous -Size 16KB -Seal Shrink | Mount-ShmSegment).IsGuarded | Should -BeFalse
        (New-ShmSegment -Anonymous -Size 16KB -Seal Shrink -Sparse | Mount-ShmSegment).IsGuarded | Should -BeTrue
    }
}

Describe 'The limit of locked memory' -Skip:([System.Environment]::UserName -ne 'root') -Tag Root {
    It 'is LimitReached, and nothing stays mounted' {
        . "$PSScriptRoot/ChildHost.ps1"
        Invoke-ChildHost -Through prlimit, --memlock=65536:65536, setpriv, --reuid=65534, --regid=65534,
            --clear-groups -Script @"
            `$segment = New-ShmSegment -Anonymous -Size 1MB
            `$segment | Mount-ShmSegment -Lock -ErrorAction SilentlyContinue -ErrorVariable failed
            "`$(`$failed[0].FullyQualifiedErrorId.Split(',')[0]) `$(`$failed[0].CategoryInfo.Category) `$(@(Get-ShmMapping).Count)"
"@ | Should -Be 'LimitReached LimitsExceeded 0'
    }
}
