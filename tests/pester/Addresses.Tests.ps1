# Where mappings lie: addresses that are asked for, refused, rounded and taken over. /proc/self/maps is the witness.

BeforeDiscovery {
    $kinds = @{ Kind = 'Posix' }, @{ Kind = 'SysV' }, @{ Kind = 'MemFd' }
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    $name = "/pst-pages-addresses-$PID"

    # Far from where the kernel puts things by itself.
    $free = 0x200000000000

    function New-Segment($Kind, $Size = 16KB) {
        switch ($Kind) {
            Posix { New-ShmSegment "$name-$([guid]::NewGuid())" -Size $Size }
            SysV { New-ShmSegment -Private -Size $Size }
            MemFd { New-ShmSegment -Anonymous -Size $Size }
        }
    }

    # An address at which the runtime has its own memory.
    function Get-ForeignAddress {
        $line = Get-Content /proc/self/maps |
            Where-Object { $_ -like '*libc.so*' -or $_ -like '*libcoreclr.so*' }
        [Convert]::ToInt64(@($line)[0].Split('-')[0], 16)
    }
}

Describe 'An address for <Kind>' -ForEach $kinds {
    BeforeEach { $segment = New-Segment $Kind }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        if ($Kind -ne 'MemFd') { $segment | Remove-ShmSegment }
    }

    It 'is chosen by the kernel if none is asked for' {
        $mapping = $segment | Mount-ShmSegment
        Get-KernelPicture $mapping | Should -Be '0 16384 rw-'
    }

    It 'is the one that was asked for' {
        $mapping = $segment | Mount-ShmSegment -Address $free
        $mapping.Address | Should -Be $free
        Get-KernelPicture $mapping | Should -Be '0 16384 rw-'
    }

    It 'is AddressInUse where a mapping of this module lies, which stays' {
        $first = $segment | Mount-ShmSegment -Address $free
        $first.Writer.WriteInt32(0, 5)
        $record = { $segment | Mount-ShmSegment -Address $free -ErrorAction Stop } |
            Should -Throw -ErrorId 'AddressInUse*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'ResourceExists'
        { $segment | Mount-ShmSegment -Address ($free - 4096) -ErrorAction Stop } |
            Should -Throw -ErrorId 'AddressInUse*'
        $first.Reader.ReadInt32(0) | Should -Be 5
        @(Get-ShmMapping).Count | Should -Be 1
    }

    It 'is AddressInUse where something else lies, even with -Replace' {
        $foreign = Get-ForeignAddress
        $before = @(Get-MapsArea -Address $foreign -Length 4096).Path
        { $segment | Mount-ShmSegment -Address $foreign -ErrorAction Stop } | Should -Throw -ErrorId 'AddressInUse*'
        { $segment | Mount-ShmSegment -Address $foreign -Replace -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'AddressInUse*'
        @(Get-MapsArea -Address $foreign -Length 4096).Path | Should -Be $before
    }

    It 'is InvalidAddress when it is not at a page: <_>' -ForEach 1, 4095, -1 {
        $record = { $segment | Mount-ShmSegment -Address ($free + $_) -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidAddress*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'is rounded down with -RoundAddress' {
        ($segment | Mount-ShmSegment -Address ($free + 4095) -RoundAddress).Address | Should -Be $free
    }

    It 'is InvalidAddress where no program can have one: <_>' -ForEach 0x7fffffffe000, 0x800000000000,
        0x7ffffffffffff000, -4096 {
        { $segment | Mount-ShmSegment -Address $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidAddress*'
        { $segment | Mount-ShmSegment -Address $_ -Replace -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidAddress*'
        Get-ShmMapping | Should -BeNullOrEmpty
    }

    It 'is taken over with -Replace, and the mapping that was there knows' {
        $old = $segment | Mount-ShmSegment -Address $free
        $old.Writer.WriteInt32(0, 1)
        $other = New-Segment Posix
        $new = $other | Mount-ShmSegment -Address $free -Replace -Force
        $new.Writer.WriteInt32(0, 2)

        $old.IsMounted | Should -BeFalse
        { Read-ShmData $old -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted*'
        { Dismount-ShmSegment $old -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted*'
        $old.Dispose()
        [GC]::Collect(); [GC]::WaitForPendingFinalizers()
        $new.Reader.ReadInt32(0) | Should -Be 2
        @(Get-MapsArea $new).Path | Should -Be "/dev/shm$($other.Name)"
        $new.Dispose()
        $other | Remove-ShmSegment
    }

    It 'is taken over by it as well' {
        $other = New-Segment Posix
        $old = $other | Mount-ShmSegment -Address $free
        $new = $segment | Mount-ShmSegment -Address $free -Replace -Force
        $old.IsMounted | Should -BeFalse
        $new.Writer.WriteInt32(0, 2)
        @(Get-MapsArea $new).Path | Should -Not -BeLike "*$($other.Name)*"
        $other | Remove-ShmSegment
    }

    It 'needs nothing there for -Replace' {
        ($segment | Mount-ShmSegment -Address $free -Replace -Force).Address | Should -Be $free
    }

    It 'can be right where the kernel would place it, or across that: <_>' -ForEach 0, -4096, -12288 {
        # The kernel fills a gap from its end. The runtime may be faster, and take it for itself.
        $room = New-ShmSegment -Anonymous -Size 64KB
        foreach ($attempt in 1..20) {
            $first = $room | Mount-ShmSegment
            $address = [long]$first.Address + 48KB + $_
            $first.Dispose()
            $mapping = $segment |
                Mount-ShmSegment -Address $address -Replace -Force -ErrorAction SilentlyContinue -ErrorVariable failed
            if ($mapping) { break }
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'AddressInUse*'
        }
        $mapping.Address | Should -Be $address
        Get-KernelPicture $mapping | Should -Be '0 16384 rw-'
        $mapping.Dispose()
        if ($Kind -eq 'SysV') {
            (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '0'
        }
    }

    It 'is taken over with what the new one asks: <Protection>' -ForEach @(
        @{ Protection = 'Read'; Shown = 'r--'; Arguments = @{ Populate = $true; Lock = $true } }
        @{ Protection = 'Read, Write'; Shown = 'rw-'; Arguments = @{ Populate = $true; Lock = $true } }
        @{ Protection = 'None'; Shown = '---'; Arguments = @{ Lock = $true } }
    ) {
        $old = $segment | Mount-ShmSegment -Address $free
        $old.Writer.WriteInt32(0, 7)
        $new = $segment | Mount-ShmSegment -Address $free -Replace -Force -Protection $Protection @Arguments
        $old.IsMounted | Should -BeFalse
        Get-KernelPicture $new | Should -Be "0 16384 $Shown"
        Get-SmapsField $new.Address VmFlags | Should -BeLike '*lo*'
        if ($Kind -eq 'SysV') {
            (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '1'
        }
        if ($Shown -ne '---') { $new.Reader.ReadInt32(0) | Should -Be 7 }
        $new.Dispose()
        @(Get-MapsArea -Address $free -Length 16384) | Should -BeNullOrEmpty
        if ($Kind -eq 'SysV') {
            (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '0'
        }
    }
}

Describe 'Taking over' {
    BeforeEach {
        $segment = New-Segment Posix
        $mapping = $segment | Mount-ShmSegment -Address $free
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        $segment | Remove-ShmSegment
    }

    It 'leaves what of the old one sticks out on both sides' {
        $page = New-Segment SysV 4096
        $new = $page | Mount-ShmSegment -Address ($free + 4096) -Replace -Force
        $mapping.IsMounted | Should -BeTrue
        @(Get-MapsArea -Address $free -Length 16384).Path |
            Should -Be "/dev/shm$($segment.Name)", '/SYSV00000000 (deleted)', "/dev/shm$($segment.Name)"
        $new.Dispose()
        $page | Remove-ShmSegment
    }

    It 'ends all that lie in the range, and lowers the attach count' {
        $page = New-Segment SysV 4096
        $second = $page | Mount-ShmSegment -Address ($free - 4096)
        $large = New-Segment Posix 32KB
        $null = $large | Mount-ShmSegment -Address ($free - 8192) -Replace -Force
        $mapping.IsMounted, $second.IsMounted | Should -Be @($false, $false)
        (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $page.Id }))[5] | Should -Be '0'
        $page, $large | Remove-ShmSegment
    }

    It 'changes nothing when the segment is gone' {
        $page = New-Segment SysV 4096
        $page | Remove-ShmSegment
        { $page | Mount-ShmSegment -Address $free -Replace -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentNotFound*'
        $mapping.IsMounted | Should -BeTrue
        $mapping.Reader.ReadInt32(0) | Should -Be 0
    }

    It 'changes nothing when the pages cannot be brought in' {
        { $segment | Mount-ShmSegment -Address $free -Replace -Force -Protection None -Populate -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageProtected*'
        perl -e 'truncate $ARGV[0], 0 or die $!' "/dev/shm$($segment.Name)"
        { $segment | Mount-ShmSegment -Address $free -Replace -Force -Populate -ErrorAction Stop } |
            Should -Throw -ErrorId 'SizeMismatch*'
        $mapping.IsMounted | Should -BeTrue
        Get-KernelPicture $mapping | Should -Be '0 16384 rw-'
    }

    It 'does not ask where nothing would go, or where it is refused anyway' {
        ($segment | Mount-ShmSegment -Address ($free + 1MB) -Replace).Address | Should -Be ($free + 1MB)
        { $segment | Mount-ShmSegment -Address ($free + 1) -Replace -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidAddress*'
        { $segment | Mount-ShmSegment -Replace -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidAddress*'
        { $segment | Mount-ShmSegment -Address 100 -RoundAddress -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidAddress*'
        $mapping.Regions.State | Should -Be 'Mapped'
    }

    It 'rounds the place of the part down' {
        $new = $segment | Mount-ShmSegment -Address ($free + 8191) -RoundAddress -Length 4KB -Replace -Force
        $new.Address | Should -Be ($free + 4096)
        $mapping.Regions.State | Should -Be 'Mapped', 'Hole', 'Mapped'
    }

    It 'needs an address' {
        { $segment | Mount-ShmSegment -Replace -Force -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidAddress*'
    }

    It 'asks, and changes nothing where nobody can answer' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $null = $shell.AddScript(
            'param($module, $segment, $address) Import-Module $module; $segment | Mount-ShmSegment -Address $address -Replace')
        $null = $shell.AddArgument("$PSScriptRoot/../../out/PSSharedMemory").AddArgument($segment).AddArgument($free)
        $null = $shell.Invoke()
        $shell.Streams.Error.Count | Should -Be 1
        $shell.Dispose()
        $mapping.IsMounted | Should -BeTrue
    }

    It 'does nothing with -WhatIf' {
        $segment | Mount-ShmSegment -Address $free -Replace -WhatIf | Should -BeNullOrEmpty
        $mapping.IsMounted | Should -BeTrue
    }
}

Describe 'Taking over in vain' -Skip:([System.Environment]::UserName -ne 'root') -Tag Root {
    BeforeAll { . "$PSScriptRoot/ChildHost.ps1" }

    It 'leaves the mapping that was there, where /dev/shm has no pages for -Populate or -Lock' {
        # 1 MB, of which 64 KB are left; and an object of 512 KB without pages.
        $setup =
            'mount -t tmpfs -o size=1m tmpfs /dev/shm && head -c 983040 /dev/zero > /dev/shm/filler && truncate -s 512K /dev/shm/pst-sparse && exec "$@"'
        Invoke-ChildHost -Through unshare, -i, -m, sh, -c, $setup, sh -Script @'
            $segment = New-ShmSegment -Private -Size 4KB
            $old = $segment | Mount-ShmSegment -Address 0x200000000000
            $old.Writer.WriteInt32(0, 5)
            Mount-ShmSegment /pst-sparse -Address 0x200000000000 -Replace -Force -Populate -ErrorAction SilentlyContinue -ErrorVariable failed
            Mount-ShmSegment /pst-sparse -Address 0x200000000000 -Replace -Force -Lock -ErrorAction SilentlyContinue -ErrorVariable +failed
            $failed.ForEach{ $_.FullyQualifiedErrorId.Split(',')[0] } -join ' '
            "$($old.IsMounted) $($old.Reader.ReadInt32(0)) $(@(Get-ShmMapping).Count)"
            (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5]
            @(Get-Content '/proc/self/maps' | Where-Object { $_ -like '*pst-sparse*' }).Count
'@ | Should -Be @('NoSpace NoSpace', 'True 5 1', '1', '0')
    }

    It 'leaves it where memory may not be locked, and lends the new one what it has locked itself' {
        Invoke-ChildHost -Through prlimit, --memlock=65536:65536, setpriv, --reuid=65534, --regid=65534,
            --clear-groups -Script @'
            $at = 0x200000000000
            function Get-Locked { (Get-Content '/proc/self/status' | Where-Object { $_ -like 'VmLck*' }) -replace '\s+', ' ' }
            $small, $same, $large = 48KB, 48KB, 80KB | ForEach-Object { New-ShmSegment -Anonymous -Size $_ }
            $old = $small | Mount-ShmSegment -Address $at -Lock
            $large | Mount-ShmSegment -Address $at -Replace -Force -Lock -ErrorAction SilentlyContinue -ErrorVariable failed
            "$($failed[0].FullyQualifiedErrorId.Split(',')[0]) $($old.IsMounted) $($old.Reader.ReadInt32(0)) $(Get-Locked)"
            $new = $same | Mount-ShmSegment -Address $at -Replace -Force -Lock
            "$($old.IsMounted) $($new.IsMounted) $(Get-Locked)"
'@ | Should -Be @('LimitReached True 0 VmLck: 48 kB', 'False True VmLck: 48 kB')
    }
}
