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

Describe 'Clear-ShmData of memory with holes' {
    BeforeAll {
        . "$PSScriptRoot/ChildHost.ps1"
        function Get-Used { [long](stat -c '%b' $file) * 512 }
        function Get-Resident($Id) {
            [long](Get-Content '/proc/sysvipc/shm' | Where-Object { (-split $_)[1] -eq $Id } |
                ForEach-Object { (-split $_)[14] })
        }
    }

    AfterEach { Remove-Item $file -ErrorAction Ignore }

    It 'clears 100 GB in which two pages are, and takes no other' {
        $mapping = New-ShmSegment $name -Size 100GB -Sparse -Mount
        try {
            Write-ShmData $mapping 'here' -Offset 5GB
            Write-ShmData $mapping 'and here' -Offset 99GB
            Clear-ShmData $mapping
            Get-Used | Should -Be 8192
            perl -e 'open F, "<", $ARGV[0]; for (5, 99) { seek F, $_ << 30, 0; read F, $b, 8; print unpack("H*", $b), " " }' $file |
                Should -Be '0000000000000000 0000000000000000 '
        }
        finally { $mapping.Dispose() }
    }

    It 'does so in a System V segment, <As>' -ForEach @(
        @{ As = 'as root'; Through = @() }
        @{ As = 'as a user who may not open what is mapped'
            Through = 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups' }
    ) {
        $script = @'
            $s = New-ShmSegment -Private -Size 4GB -Sparse
            Write-ShmData $s 'here' -Offset 3GB
            Clear-ShmData $s
            Clear-ShmData $s 7 -As Byte -Offset (1GB + 2000) -Length 1
            "$($s.Id)"
            "$((Search-ShmData $s ([byte[]]7)).Offset) $(Read-ShmData $s -Offset 3GB -As Int32)"
'@
        $id, $text = if ($Through) { Invoke-ChildHost $script -Through $Through }
        else { & ([scriptblock]::Create($script)) }
        try {
            Get-Resident $id | Should -Be 8192
            $text | Should -Be '1073743824 0'
        }
        finally { ipcrm -m $id }
    }

    It 'keeps what is reserved, touched or not' {
        $mapping = New-ShmSegment $name -Size 16MB -Mount
        try {
            Write-ShmData $mapping 'here' -Offset 5MB
            Clear-ShmData $mapping
            Get-Used | Should -Be 16MB
        }
        finally { $mapping.Dispose() }
    }

    It 'leaves zeros, or what another process writes meanwhile' {
        $mapping = New-ShmSegment $name -Size 1GB -Sparse -Mount
        Set-Content "$TestDrive/writer.pl" @'
my $file = shift; open F, '+<', $file or die; $| = 1;
my @last; my $end = time + 20;
while (time < $end) {
    my $page = int rand 4096; $last[$page]++;
    sysseek F, $page << 18, 0; syswrite F, pack('Q', $last[$page]);
    last if !($n++ % 64) && -e "$file.done";
}
print map { ($last[$_] // 0) . "\n" } 0..4095
'@
        $writer = Start-Process perl -PassThru -ArgumentList "$TestDrive/writer.pl", $file -RedirectStandardOutput (
            "$TestDrive/last")
        try {
            while ((Get-Used) -eq 0 -and -not $writer.HasExited) { }
            1..20 | ForEach-Object { Clear-ShmData $mapping }
            Set-Content "$file.done" ''
            $writer.WaitForExit()
            $writer.ExitCode | Should -Be 0
            $last = Get-Content "$TestDrive/last"
            $last.Count | Should -Be 4096
            $wrong = 0..4095 | Where-Object {
                $value = $mapping.Reader.ReadInt64($_ * 256KB)
                $value -ne 0 -and $value -ne $last[$_]
            }
            $wrong | Should -BeNullOrEmpty
            Clear-ShmData $mapping
            0..4095 | Where-Object { $mapping.Reader.ReadInt64($_ * 256KB) -ne 0 } | Should -BeNullOrEmpty
        }
        finally {
            if (-not $writer.HasExited) { $writer.Kill() }
            $mapping.Dispose()
            Remove-Item "$file.done" -ErrorAction Ignore
        }
    }
}
