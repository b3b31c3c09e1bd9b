# Filling: od shows what stands there afterwards.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-data-clear-$PID"
    $file = "/dev/shm$name"
    function Get-Dump { (od -An -v -tx1 -j $args[0] -N $args[1] $file) -join '' }
}

Describe 'Clear-ShmData' {
    BeforeEach {
        $mapping = New-ShmSegment $name -Size 8192 -Mount
        perl -e 'open F, "+<", $ARGV[0]; syswrite F, "\xEE" x 8192' $file
    }

    AfterEach {
        $mapping.Dispose()
        Remove-Item $file -ErrorAction Ignore
    }

    It 'zeros all' {
        Clear-ShmData $mapping
        Get-Content $file -AsByteStream -Raw | Where-Object { $_ -ne 0 } | Should -BeNullOrEmpty
    }

    It 'zeros a range and no other byte' {
        Clear-ShmData $mapping -Offset 3 -Length 4
        Get-Dump 2 6 | Should -Be ' ee 00 00 00 00 ee'
    }

    It 'repeats a pattern of <Why>, cut at the end' -ForEach @(
        @{ Why = 'bytes'; Arguments = @{ Pattern = [byte[]](1, 2, 3) }; Dump = ' 01 02 03 01 02 ee' }
        @{ Why = 'a number'; Arguments = @{ Pattern = 258; As = 'Int16' }; Dump = ' 02 01 02 01 02 ee' }
        @{ Why = 'a number turned'; Arguments = @{ Pattern = 258; As = 'UInt16'; ByteOrder = 'BigEndian' }
            Dump = ' 01 02 01 02 01 ee' }
        @{ Why = 'a number of a C type'; Arguments = @{ Pattern = 1; As = 'uint16_t' }; Dump = ' 01 00 01 00 01 ee' }
        @{ Why = 'text'; Arguments = @{ Pattern = 'AB' }; Dump = ' 41 42 41 42 41 ee' }
        @{ Why = 'one byte'; Arguments = @{ Pattern = 0xAA; As = 'Byte' }; Dump = ' aa aa aa aa aa ee' }
    ) {
        Clear-ShmData $mapping -Offset 10 -Length 5 @Arguments
        Get-Dump 10 6 | Should -Be $Dump
    }

    It 'takes its target from the pipeline, by value and by property name' {
        $mapping | Clear-ShmData -Length 1
        Get-ShmSegment $name | Clear-ShmData -Offset 1 -Length 1
        [pscustomobject]@{ Name = $name } | Clear-ShmData -Offset 2 -Length 1
        Get-Dump 0 4 | Should -Be ' 00 00 00 ee'
    }

    It 'changes nothing with -WhatIf' {
        Clear-ShmData $mapping -WhatIf
        Get-Dump 0 2 | Should -Be ' ee ee'
    }

    It 'writes nothing where any page refuses it: <_>' -ForEach 'PageNotMapped', 'PageProtected' {
        if ($_ -eq 'PageNotMapped') { Dismount-ShmSegment $mapping -Offset 4096 -Length 4096 }
        else { Set-ShmProtection $mapping -Protection Read -Offset 4096 -Length 4096 }
        { Clear-ShmData $mapping -ErrorAction Stop } | Should -Throw -ErrorId "$_,*"
        Get-Dump 0 2 | Should -Be ' ee ee'
    }

    It 'never makes an object larger that a peer has cut: SegmentTruncated' {
        truncate -s 4096 $file
        { Clear-ShmData $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated,*'
        [System.IO.FileInfo]::new($file).Length | Should -Be 4096
    }

    It 'OutOfRange for <_>' -ForEach '-1', '8193', '9223372036854775807' {
        { Clear-ShmData $mapping -Length ([long]$_) -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
    }
}
