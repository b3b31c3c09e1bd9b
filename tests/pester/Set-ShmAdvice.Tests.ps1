# What the kernel is told of pages, seen in VmFlags of /proc/self/smaps and in the blocks of the object.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    $name = "/pst-pages-advice-$PID"
    $file = "/dev/shm$name"
    function Get-Blocks { [int](stat -c '%b' $file) }
}

Describe 'Set-ShmAdvice' {
    BeforeEach {
        $segment = New-ShmSegment $name -Size 64KB -Sparse
        $mapping = $segment | Mount-ShmSegment
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-Item $file -ErrorAction Ignore
    }

    It '<Advice> sets <Flag>, and <Back> takes it back' -ForEach @(
        @{ Advice = 'DontFork'; Flag = 'dc'; Back = 'DoFork' }
        @{ Advice = 'DontDump'; Flag = 'dd'; Back = 'DoDump' }
        @{ Advice = 'Sequential'; Flag = 'sr'; Back = 'Normal' }
        @{ Advice = 'Random'; Flag = 'rr'; Back = 'Normal' }
        @{ Advice = 'HugePage'; Flag = 'hg'; Back = 'NoHugePage' }
    ) {
        -split (Get-SmapsField $mapping.Address VmFlags) | Should -Not -Contain $Flag
        Set-ShmAdvice $mapping $Advice
        -split (Get-SmapsField $mapping.Address VmFlags) | Should -Contain $Flag
        Set-ShmAdvice $mapping $Back
        -split (Get-SmapsField $mapping.Address VmFlags) | Should -Not -Contain $Flag
    }

    It 'advises a range only' {
        $mapping | Set-ShmAdvice -Advice DontFork -Offset 4096 -Length 4096
        -split (Get-SmapsField $mapping.Address VmFlags) | Should -Not -Contain 'dc'
        -split (Get-SmapsField ([long]$mapping.Address + 4096) VmFlags) | Should -Contain 'dc'
        Get-BookPicture $mapping | Should -Be '0 65536 rw-'
        # The areas differ now, and everything goes on.
        $mapping.Writer.WriteInt64(4092, 1)
        $mapping.Dispose()
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike "*$file*"
    }

    It 'PopulateWrite brings pages in, and Remove gives them back, with their bytes' {
        Get-Blocks | Should -Be 0
        Set-ShmAdvice $mapping PopulateWrite -Length 16KB
        Get-Blocks | Should -Be 32
        $mapping.Writer.WriteInt32(4096, 5)
        Set-ShmAdvice $mapping Remove -Offset 4096 -Length 4096 -Force
        Get-Blocks | Should -Be 24
        $mapping.Reader.ReadInt32(4096) | Should -Be 0
    }

    It 'PopulateRead brings pages in' {
        Set-ShmAdvice $mapping PopulateRead
        Get-Blocks | Should -Be 128
    }

    It 'DontNeed loses nothing of a shared mapping' {
        $mapping.Writer.WriteInt32(0, 5)
        Set-ShmAdvice $mapping DontNeed
        $mapping.Reader.ReadInt32(0) | Should -Be 5
    }

    It 'DontNeed throws away what a copy-on-write mapping has written, if -Force is given' {
        $private = $segment | Mount-ShmSegment -CopyOnWrite
        $private.Writer.WriteInt32(0, 5)
        Set-ShmAdvice $private DontNeed -Force
        $private.Reader.ReadInt32(0) | Should -Be 0
        Get-BookPicture $private | Should -Be '0 65536 rw-'
    }

    It '<Advice> asks, and loses nothing where nobody can answer' -ForEach @{ Advice = 'Remove' },
        @{ Advice = 'DontNeed' } {
        $target = if ($Advice -eq 'Remove') { $mapping } else { $segment | Mount-ShmSegment -CopyOnWrite }
        $target.Writer.WriteInt32(0, 5)
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $null = $shell.AddScript(
            'param($module, $mapping, $advice) Import-Module $module; Set-ShmAdvice $mapping $advice')
        $null = $shell.AddArgument("$PSScriptRoot/../../out/PSSharedMemory").AddArgument($target).AddArgument($Advice)
        $null = $shell.Invoke()
        $shell.Streams.Error.Count | Should -Be 1
        $shell.Dispose()
        $target.Reader.ReadInt32(0) | Should -Be 5
    }

    It 'takes <_>' -ForEach 'WillNeed', 'Cold', 'PageOut', 'NoHugePage' {
        $mapping.Writer.WriteInt32(0, 5)
        { Set-ShmAdvice $mapping $_ -ErrorAction Stop } | Should -Not -Throw
        $mapping.Reader.ReadInt32(0) | Should -Be 5
    }

    It 'changes nothing with -WhatIf' {
        $mapping.Writer.WriteInt32(0, 5)
        Set-ShmAdvice $mapping Remove -Force -WhatIf
        $mapping.Reader.ReadInt32(0) | Should -Be 5
    }

    It 'is PageNotMapped over a hole, and PageProtected where the page does not allow it' {
        Dismount-ShmSegment $mapping -Offset 8192 -Length 4096
        { Set-ShmAdvice $mapping WillNeed -ErrorAction Stop } | Should -Throw -ErrorId 'PageNotMapped*'
        Set-ShmProtection $mapping Read -Length 4096
        { Set-ShmAdvice $mapping Remove -Length 4096 -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageProtected*'
        { Set-ShmAdvice $mapping PopulateWrite -Length 4096 -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageProtected*'
        { Set-ShmAdvice $mapping PopulateRead -Length 4096 -ErrorAction Stop } | Should -Not -Throw
    }

    It 'is NotSupportedByKind where the kernel would do nothing, or must not' {
        { Set-ShmAdvice $mapping Mergeable -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
        $private = $segment | Mount-ShmSegment -CopyOnWrite
        { Set-ShmAdvice $private Remove -Force -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
        $locked = $segment | Mount-ShmSegment -Lock
        { Set-ShmAdvice $locked DontNeed -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
    }

    It 'is AccessDenied to remove pages of what is sealed against writing' {
        $sealed = New-ShmSegment -Anonymous -Size 16KB -Mount -Seal FutureWrite
        { Set-ShmAdvice $sealed Remove -Force -ErrorAction Stop } | Should -Throw -ErrorId 'AccessDenied*'
    }

    It 'is SegmentTruncated to populate what a peer has cut off' {
        perl -e 'truncate $ARGV[0], 4096' $file
        { Set-ShmAdvice $mapping PopulateRead -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
    }

    It 'guards a sealed memfd once its pages were removed' {
        $sealed = New-ShmSegment -Anonymous -Size 16KB -Mount -Seal Shrink
        $sealed.IsGuarded | Should -BeFalse
        Set-ShmAdvice $sealed Remove -Force
        $sealed.IsGuarded | Should -BeTrue
        $sealed.Reader.ReadInt32(0) | Should -Be 0
    }

    It 'refuses -Offset <Offset> -Length <Length>: <Id>' -ForEach @(
        @{ Offset = 1; Length = 4096; Id = 'InvalidOffset' }
        @{ Offset = 0; Length = 0; Id = 'OutOfRange' }
        @{ Offset = 65536; Length = 1; Id = 'OutOfRange' }
        @{ Offset = 4096; Length = [long]::MaxValue; Id = 'OutOfRange' }
    ) {
        { Set-ShmAdvice $mapping WillNeed -Offset $Offset -Length $Length -ErrorAction Stop } |
            Should -Throw -ErrorId "$Id*"
    }
}
