# What pages allow, changed and changed back; and that Regions says what /proc/self/maps says after any sequence.

BeforeDiscovery {
    $kinds = @{ Kind = 'Posix' }, @{ Kind = 'SysV' }, @{ Kind = 'MemFd' }
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/MemoryMaps.ps1"
    $name = "/pst-pages-protect-$PID"
    function New-Segment($Kind, $Size = 32KB) {
        switch ($Kind) {
            Posix { New-ShmSegment $name -Size $Size }
            SysV { New-ShmSegment -Private -Size $Size }
            MemFd { New-ShmSegment -Anonymous -Size $Size }
        }
    }
}

Describe 'Set-ShmProtection on <Kind>' -ForEach $kinds {
    BeforeEach {
        $segment = New-Segment $Kind
        $mapping = $segment | Mount-ShmSegment
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        if ($Kind -ne 'MemFd') { $segment | Remove-ShmSegment }
    }

    It 'changes a range and changes it back' {
        Set-ShmProtection $mapping Read -Offset 4096 -Length 8192
        Get-KernelPicture $mapping | Should -Be @('0 4096 rw-', '4096 8192 r--', '12288 20480 rw-')
        Get-BookPicture $mapping | Should -Be @('0 4096 rw-', '4096 8192 r--', '12288 20480 rw-')
        Set-ShmProtection $mapping 'Read, Write' -Offset 4096 -Length 8192
        Get-KernelPicture $mapping | Should -Be '0 32768 rw-'
        Get-BookPicture $mapping | Should -Be '0 32768 rw-'
    }

    It 'changes all without a range, to the end without a length, and whole pages for a part of one' {
        Set-ShmProtection -Mapping $mapping -Protection Read
        Get-KernelPicture $mapping | Should -Be '0 32768 r--'
        Set-ShmProtection $mapping None -Offset 28672
        Get-KernelPicture $mapping | Should -Be @('0 28672 r--', '28672 4096 ---')
        Set-ShmProtection $mapping None -Length 1
        Get-KernelPicture $mapping | Should -Be @('0 4096 ---', '4096 24576 r--', '28672 4096 ---')
    }

    It 'is checked by readers, writers and cmdlets, and the error says page, offset and what is allowed' {
        $mapping.Writer.WriteInt32(8192, 7)
        Set-ShmProtection $mapping Read -Offset 8192 -Length 4096
        $mapping.Reader.ReadInt32(8192) | Should -Be 7
        $record = { Write-ShmData $mapping 8 -Offset 8200 -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageProtected*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $record.Exception.Message | Should -BeLike '*age 2 *8192*Read*Write*'
        $record.TargetObject | Should -Be $mapping
        { $mapping.Writer.WriteByte(8192, 1) } | Should -Throw -ErrorId 'ShmException'
        Set-ShmProtection $mapping None -Offset 8192 -Length 4096
        { Read-ShmData $mapping -Offset 8190 -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*'
        { $mapping.Reader.ReadBytes(0, 32768) } | Should -Throw -ErrorId 'ShmException'
        $mapping.Reader.ReadInt32(4096) | Should -Be 0
    }

    It 'writes nothing of a range of which a part is protected' {
        Set-ShmProtection $mapping Read -Offset 4096 -Length 4096
        { Write-ShmData $mapping ([byte[]](1..255)) -Offset 3900 -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageProtected*'
        $mapping.Reader.ReadByte(3900) | Should -Be 0
    }

    It 'changes nothing with -WhatIf' {
        Set-ShmProtection $mapping None -WhatIf
        Get-KernelPicture $mapping | Should -Be '0 32768 rw-'
    }

    It 'refuses -Offset <Offset> -Length <Length>: <Id>' -ForEach @(
        @{ Offset = 1; Length = 4096; Id = 'InvalidOffset' }
        @{ Offset = -1; Length = 4096; Id = 'InvalidOffset' }
        @{ Offset = -4096; Length = 4096; Id = 'OutOfRange' }
        @{ Offset = 0; Length = 0; Id = 'OutOfRange' }
        @{ Offset = 0; Length = -4096; Id = 'OutOfRange' }
        @{ Offset = 0; Length = 32769; Id = 'OutOfRange' }
        @{ Offset = 32768; Length = 1; Id = 'OutOfRange' }
        @{ Offset = 28672; Length = [long]::MaxValue; Id = 'OutOfRange' }
        @{ Offset = 0x7ffffffffffff000; Length = 4096; Id = 'OutOfRange' }
    ) {
        { Set-ShmProtection $mapping None -Offset $Offset -Length $Length -ErrorAction Stop } |
            Should -Throw -ErrorId "$Id*"
        Get-KernelPicture $mapping | Should -Be '0 32768 rw-'
    }

    It 'says MappingDismounted for one that is gone, and serves the next' {
        $second = $segment | Mount-ShmSegment
        $mapping.Dispose()
        $mapping, $second | Set-ShmProtection -Protection Read -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.Count | Should -Be 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'MappingDismounted*'
        Get-BookPicture $second | Should -Be '0 32768 r--'
    }
}

Describe 'Regions' {
    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        $segment | Remove-ShmSegment
    }

    It 'are what the kernel has, after any sequence of protection and holes (seed <_>)' -ForEach 1, 2, 3 {
        $segment = New-Segment Posix (64 * 4096 - 100)
        $mapping = $segment | Mount-ShmSegment
        $random = [Random]::new($_)
        $protections = 'None', 'Read', 'Read, Write', 'Write'
        foreach ($step in 1..60) {
            $first = $random.Next(64)
            $count = $random.Next(1, [Math]::Min(10, 65 - $first))
            $length = [Math]::Min($count * 4096, 64 * 4096 - 100 - $first * 4096)
            if ($random.Next(8) -eq 0) {
                Dismount-ShmSegment $mapping -Offset ($first * 4096) -Length $length
            }
            else {
                # A range with a hole in it is refused, and changes nothing.
                $protection = $protections[$random.Next(4)]
                $range = @{ Offset = $first * 4096; Length = $length }
                Set-ShmProtection $mapping $protection @range -ErrorAction SilentlyContinue -ErrorVariable failed
                foreach ($record in $failed) { $record.FullyQualifiedErrorId | Should -BeLike 'PageNotMapped*' }
            }
        }
        # A hole and pages without access look alike there, but for the file.
        $kernel = Get-MapsArea $mapping |
            ForEach-Object { "$($_.Offset) $($_.Length) $($_.Protection) $(if ($_.Path) { 'Mapped' } else { 'Hole' })" }
        $book = $mapping.Regions | ForEach-Object {
            "$($_.Offset) $($_.Length) $([PSSharedMemory.Commands.ShmDisplay]::Protection($_.Protection)) $($_.State)" }
        $book | Should -Be $kernel
        @($book | Where-Object { $_ -like '*Hole' }).Count | Should -BeGreaterThan 0
    }

    It 'end a range at a hole: PageNotMapped' {
        $segment = New-Segment Posix
        $mapping = $segment | Mount-ShmSegment
        Dismount-ShmSegment $mapping -Offset 8192 -Length 4096
        $record = { Set-ShmProtection $mapping Read -Offset 4096 -Length 12288 -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageNotMapped*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidOperation'
        { Set-ShmProtection $mapping Read -Offset 8192 -Length 4096 -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageNotMapped*'
        Get-BookPicture $mapping | Should -Be @('0 8192 rw-', '8192 4096 ---', '12288 20480 rw-')
        @(Get-MapsArea $mapping)[1].Path | Should -BeNullOrEmpty
    }

    It 'of a System V segment raise the attach count, and it falls with them' {
        $segment = New-ShmSegment -Private -Size 32KB
        $mapping = $segment | Mount-ShmSegment
        Set-ShmProtection $mapping Read -Offset 4096 -Length 4096
        (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '3'
        $mapping.Dispose()
        (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '0'
    }

    It 'say in words what they are, and in a letter each what they allow' {
        $segment = New-Segment Posix
        $mapping = $segment | Mount-ShmSegment
        "$($mapping.Regions[0])" | Should -BeExactly '32768 bytes at 0: Mapped (Read, Write)'
        [PSSharedMemory.Commands.ShmDisplay]::Protection($mapping) | Should -Be 'rw-'
        Set-ShmProtection $mapping Read -Length 4096
        [PSSharedMemory.Commands.ShmDisplay]::Protection($mapping) | Should -Be 'mixed'
    }
}
