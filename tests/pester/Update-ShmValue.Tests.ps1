# Atomic changes, with Perl as the witness of the bytes and a C program that counts along.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $name = "/pst-update-$PID"
    function Get-Byte($Offset, $Count) {
        (perl -e 'open F, "</dev/shm$ARGV[0]"; seek F, $ARGV[1], 0; read F, $b, $ARGV[2]; print unpack "H*", $b' $name $Offset $Count)
    }
}

Describe 'Update-ShmValue' {
    BeforeEach { $m = New-ShmSegment $name 8KB -Mount }

    AfterEach {
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It '<Operation> <Value> on <Before> gives <Before> and leaves <After>' -ForEach @(
        @{ Operation = 'Add'; Value = 7; Before = 5; After = '0c000000' }
        @{ Operation = 'Add'; Value = -7; Before = 5; After = 'feffffff' }
        @{ Operation = 'Exchange'; Value = 258; Before = 5; After = '02010000' }
        @{ Operation = 'And'; Value = 12; Before = 6; After = '04000000' }
        @{ Operation = 'Or'; Value = 12; Before = 6; After = '0e000000' }
        @{ Operation = 'Xor'; Value = 12; Before = 6; After = '0a000000' }
    ) {
        Write-ShmData $m $Before -Offset 16 -As Int32
        $arguments = @{ $Operation = $Value }
        Update-ShmValue $m -Offset 16 @arguments | Should -Be $Before
        Get-Byte 16 8 | Should -Be "${After}00000000"
    }

    It 'exchanges only if the value is the comparand' {
        Write-ShmData $m 5 -Offset 0 -As Int32
        Update-ShmValue $m 0 -CompareExchange 9 -Comparand 4 | Should -Be 5
        Get-Byte 0 4 | Should -Be '05000000'
        Update-ShmValue $m 0 -CompareExchange 9 -Comparand 5 | Should -Be 5
        Get-Byte 0 4 | Should -Be '09000000'
    }

    It 'takes <Type> and gives it back' -ForEach @(
        @{ Type = 'Int32'; Max = [int]::MaxValue; Min = [int]::MinValue; TypeName = 'Int32' }
        @{ Type = 'UInt32'; Max = [uint32]::MaxValue; Min = [uint32]::MinValue; TypeName = 'UInt32' }
        @{ Type = 'Int64'; Max = [long]::MaxValue; Min = [long]::MinValue; TypeName = 'Int64' }
        @{ Type = 'UInt64'; Max = [ulong]::MaxValue; Min = [ulong]::MinValue; TypeName = 'UInt64' }
    ) {
        $null = Update-ShmValue $m 8 -Exchange $Max -As $Type
        $old = Update-ShmValue $m 8 -Add 1 -As $Type
        $old.GetType().Name | Should -Be $TypeName
        $old | Should -Be $Max
        Update-ShmValue $m 8 -Exchange 0 -As $Type | Should -Be $Min
    }

    It 'reads a mask as bits, whatever its sign' {
        $null = Update-ShmValue $m 0 -Or 0xFFFFFFFF -As UInt32
        Get-Byte 0 8 | Should -Be 'ffffffff00000000'
        $null = Update-ShmValue $m 8 -Xor -1 -As UInt64
        Get-Byte 8 8 | Should -Be 'ffffffffffffffff'
    }

    It 'works by name, by a piped segment and by a piped mapping' {
        Update-ShmValue -Name $name -Offset 4 -Add 1 | Should -Be 0
        Get-ShmSegment $name | Update-ShmValue -Offset 4 -Add 1 | Should -Be 1
        $m | Update-ShmValue -Offset 4 -Add 1 | Should -Be 2
        Get-Byte 4 4 | Should -Be '03000000'
    }

    It 'works on System V segments by id and key' {
        $key = 0x70640000 + $PID % 65536
        $s = New-ShmSegment -Key $key -Size 64
        Update-ShmValue -Id $s.Id -Add 3 | Should -Be 0
        Update-ShmValue -Key $key -Add 3 | Should -Be 3
        perl -e 'shmread $ARGV[0], $b, 0, 4; print unpack "l", $b' $s.Id | Should -Be 6
        Remove-ShmSegment -Segment $s
    }

    It 'changes nothing with -WhatIf' {
        Update-ShmValue $m 0 -Add 1 -WhatIf | Should -BeNullOrEmpty
        Get-Byte 0 4 | Should -Be '00000000'
    }

    It 'says <Id> for <What>' -ForEach @(
        @{ What = 'an unaligned offset'; Id = 'InvalidOffset'; Category = 'InvalidArgument'
            Arguments = @{ Offset = 2; Add = 1 } }
        @{ What = 'an offset aligned to 4 for 8 bytes'; Id = 'InvalidOffset'; Category = 'InvalidArgument'
            Arguments = @{ Offset = 4; Add = 1; As = 'Int64' } }
        @{ What = 'an offset beyond the end'; Id = 'OutOfRange'; Category = 'InvalidArgument'
            Arguments = @{ Offset = 8192; Add = 1 } }
        @{ What = 'a negative offset'; Id = 'OutOfRange'; Category = 'InvalidArgument'
            Arguments = @{ Offset = -4; Add = 1 } }
        @{ What = 'a value that does not fit'; Id = 'OutOfRange'; Category = 'InvalidArgument'
            Arguments = @{ Exchange = 2147483648 } }
        @{ What = 'a negative value where there is no sign'; Id = 'OutOfRange'; Category = 'InvalidArgument'
            Arguments = @{ Exchange = -1; As = 'UInt32' } }
        @{ What = 'a fraction'; Id = 'OutOfRange'; Category = 'InvalidArgument'; Arguments = @{ Add = 1.5 } }
        @{ What = 'what is no number'; Id = 'OutOfRange'; Category = 'InvalidArgument'; Arguments = @{ Add = 'x' } }
        @{ What = 'empty text'; Id = 'OutOfRange'; Category = 'InvalidArgument'; Arguments = @{ Add = '' } }
        @{ What = 'an empty hashtable'; Id = 'OutOfRange'; Category = 'InvalidArgument'; Arguments = @{ Add = @{} } }
        @{ What = 'more than any number'; Id = 'OutOfRange'; Category = 'InvalidArgument'
            Arguments = @{ Add = 1e300 } }
        @{ What = 'a mask that is too wide'; Id = 'OutOfRange'; Category = 'InvalidArgument'
            Arguments = @{ Or = 4294967296 } }
    ) {
        Update-ShmValue $m @Arguments -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $failure[0].CategoryInfo.Category | Should -Be $Category
        $failure[0].TargetObject | Should -Be $m
        Get-Byte 0 16 | Should -Be ('0' * 32)
    }

    It 'refuses two operations, none, a comparand alone and other types' {
        { Update-ShmValue $m -Add 1 -Or 1 } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
        { Update-ShmValue $m } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
        { Update-ShmValue $m -CompareExchange 1 } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
        { Update-ShmValue $m -Add $null } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        { Update-ShmValue $m -Add 1 -As Byte } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }

    It 'goes on after a bad item in the middle' {
        $other = New-ShmSegment "$name-2" 64 -Mount
        $gone = New-ShmSegment "$name-3" 64 -Mount
        Dismount-ShmSegment $gone
        @($m, $gone, $other | Update-ShmValue -Add 1 -ErrorVariable failure -ErrorAction SilentlyContinue) |
            Should -Be @(0, 0)
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'MappingDismounted,*'
        Dismount-ShmSegment $other
        Remove-ShmSegment "$name-2", "$name-3"
    }

    It 'reports an object that a peer truncated, and never grows it' {
        perl -e 'truncate "/dev/shm$ARGV[0]", 4096' $name
        Update-ShmValue $m 4096 -Add 1 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'SegmentTruncated,*'
        [IO.FileInfo]::new("/dev/shm$name").Length | Should -Be 4096
        Update-ShmValue $m 4092 -Add 1 | Should -Be 0
    }

    It 'refuses a page that is read-only' {
        $r = Mount-ShmSegment $name -ReadOnly
        { Update-ShmValue $r 0 -Add 1 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*'
        Dismount-ShmSegment $r
    }

    It 'loses no count beside a C program' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-SyncPeer $name
        Send-PeerOnly $peer 'adds 0 2000000 1'
        for ($i = 0; $i -lt 500; $i++) { $null = Update-ShmValue $m 0 -Add 1 }
        Receive-Peer $peer | Should -Be ''
        Send-Peer $peer 'load 0' | Should -Be 2000500
        Stop-Peer $peer | Should -Be 0
    }

    It 'wakes a C program that sleeps in futex' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-SyncPeer $name
        Send-PeerOnly $peer 'wait 64 42'
        Wait-Condition { (Get-Content "/proc/$($peer.Id)/syscall" -Raw) -match '^(202|98) ' }
        Update-ShmValue $m 64 -Exchange 42 -Wake | Should -Be 0
        Receive-Peer $peer | Should -Be 42
        Stop-Peer $peer | Should -Be 0
    }
}
