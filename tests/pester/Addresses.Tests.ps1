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
        $line = [System.IO.File]::ReadAllLines('/proc/self/maps') | Where-Object { $_ -like '*libc.so*' -or $_ -like '*libcoreclr.so*' }
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
        $record = { $segment | Mount-ShmSegment -Address $free -ErrorAction Stop } | Should -Throw -ErrorId 'AddressInUse*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'ResourceExists'
        { $segment | Mount-ShmSegment -Address ($free - 4096) -ErrorAction Stop } | Should -Throw -ErrorId 'AddressInUse*'
        $first.Reader.ReadInt32(0) | Should -Be 5
        @(Get-ShmMapping).Count | Should -Be 1
    }

    It 'is AddressInUse where something else lies, even with -Replace' {
        $foreign = Get-ForeignAddress
        $before = @(Get-MapsArea -Address $foreign -Length 4096).Path
        { $segment | Mount-ShmSegment -Address $foreign -ErrorAction Stop } | Should -Throw -ErrorId 'AddressInUse*'
        { $segment | Mount-ShmSegment -Address $foreign -Replace -Force -ErrorAction Stop } | Should -Throw -ErrorId 'AddressInUse*'
        @(Get-MapsArea -Address $foreign -Length 4096).Path | Should -Be $before
    }

    It 'is InvalidAddress when it is not at a page: <_>' -ForEach 1, 4095, -1 {
        $record = { $segment | Mount-ShmSegment -Address ($free + $_) -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidAddress*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'is rounded down with -RoundAddress' {
        ($segment | Mount-ShmSegment -Address ($free + 4095) -RoundAddress).Address | Should -Be $free
    }

    It 'is InvalidAddress where no program can have one: <_>' -ForEach 0x7fffffffe000, 0x800000000000, 0x7ffffffffffff000, -4096 {
        { $segment | Mount-ShmSegment -Address $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidAddress*'
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

    It 'unmaps what of the old one sticks out on both sides' {
        $page = New-Segment SysV 4096
        $new = $page | Mount-ShmSegment -Address ($free + 4096) -Replace -Force
        $mapping.IsMounted | Should -BeFalse
        @(Get-MapsArea -Address $free -Length 16384).Offset | Should -Be 4096
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
        { $page | Mount-ShmSegment -Address $free -Replace -Force -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        $mapping.IsMounted | Should -BeTrue
        $mapping.Reader.ReadInt32(0) | Should -Be 0
    }

    It 'needs an address' {
        { $segment | Mount-ShmSegment -Replace -Force -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidAddress*'
    }

    It 'asks, and changes nothing where nobody can answer' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $null = $shell.AddScript('param($module, $segment, $address) Import-Module $module; $segment | Mount-ShmSegment -Address $address -Replace')
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
