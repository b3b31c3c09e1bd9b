# Orphans and removal of what is unused. Each proof is taken away once, and then there is no orphan.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $prefix = "pst-orphan-$PID"
    # A segment whose creator has ended: Perl makes it and is gone.
    function New-Abandoned { [int] (perl -e 'print shmget(0, 12288, 01600)') }
    function Find-Mine {
        @(Find-ShmOrphan -OlderThan 0s | Where-Object { $_.Name -clike "/$prefix*" -or $_.Id -in $ids })
    }
    function Test-Id($Id) { @(ipcs -m | Where-Object { (-split $_)[1] -eq $Id }).Count -eq 1 }
    # Removing what was found spares both, the segment and the object.
    function Assert-Spared($Found) {
        $Found | Remove-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable problems
        @($problems.FullyQualifiedErrorId) |
            Should -Be (@('SegmentInUse,PSSharedMemory.Commands.RemoveShmSegmentCommand') * 2)
        Test-Id $ids[0] | Should -BeTrue
        Test-Path "/dev/shm/$prefix-a" | Should -BeTrue
    }
    $ids = @()
}

Describe 'Find-ShmOrphan' {
    AfterEach {
        foreach ($id in $ids) { ipcrm -m $id 2>&1 | ForEach-Object { } }
        Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore
    }

    It 'finds a System V segment that nobody holds and whose creator has ended, with the evidence' {
        $ids = @(New-Abandoned)
        $found = Find-Mine
        $found | Should -HaveCount 1
        $found[0].Verdict | Should -Be 'Unattached'
        $found[0].IsOrphan | Should -BeTrue
        $found[0].IsCreatorAlive | Should -BeFalse
        $found[0].Evidence.Count | Should -BeGreaterThan 2
    }

    It 'does not find it while somebody has it attached, and does again afterwards' {
        $ids = @(New-Abandoned)
        $peer = Start-Peer
        $null = Send-Peer $peer "shmat $($ids[0])"
        Find-Mine | Should -BeNullOrEmpty
        $null = Stop-Peer $peer -Kill
        Find-Mine | Should -HaveCount 1
    }

    It 'does not find one whose creator lives' {
        $peer = Start-Peer
        $ids = @([int] (Send-Peer $peer 'shmget 0 4096'))
        Find-Mine | Should -BeNullOrEmpty
        $null = Stop-Peer $peer
        Find-Mine | Should -HaveCount 1
    }

    It 'finds a POSIX object that nobody has open, and not one with a mere descriptor' {
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        Find-Mine | Should -HaveCount 1
        $stream = [IO.FileStream]::new("/dev/shm/$prefix-a", 'Open', 'Read', 'ReadWrite')
        try { Find-Mine | Should -BeNullOrEmpty } finally { $stream.Dispose() }
    }

    It 'waits for the age that is asked' {
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        @(Find-ShmOrphan -OlderThan 01:00:00 | Where-Object Name -CEQ "/$prefix-a") | Should -BeNullOrEmpty
    }

    It 'goes by owner and kind' {
        $ids = @(New-Abandoned)
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $me = [Environment]::UserName
        @(Find-ShmOrphan -OlderThan 0s -Kind Posix -Owner $me |
            Where-Object { $_.Kind -ne 'Posix' -or $_.Owner -cne $me }) |
            Should -BeNullOrEmpty
        @(Find-ShmOrphan -OlderThan 0s -Kind Posix -Owner $me | Where-Object Name -CEQ "/$prefix-a") |
            Should -HaveCount 1
        @(Find-ShmOrphan -OlderThan 0s -Owner 'no-such-*') | Should -BeNullOrEmpty
    }

    It 'never finds a named semaphore' {
        Set-Content "/dev/shm/sem.$prefix" 'x' -NoNewline
        try { @(Find-ShmOrphan -OlderThan 0s | Where-Object Name -CEQ "/sem.$prefix") | Should -BeNullOrEmpty }
        finally { Remove-Item "/dev/shm/sem.$prefix" -ErrorAction Ignore }
    }

    It 'pipes into Remove-ShmSegment, and -WhatIf removes nothing' {
        $ids = @(New-Abandoned)
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        Find-Mine | Remove-ShmSegment -WhatIf
        Find-Mine | Should -HaveCount 2
        Find-Mine | Remove-ShmSegment
        Test-Id $ids[0] | Should -BeFalse
        Test-Path "/dev/shm/$prefix-a" | Should -BeFalse
    }

    It 'does not remove one that was taken up after it was found' {
        $ids = @(New-Abandoned)
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $found = Find-Mine
        $peer = Start-Peer
        $null = Send-Peer $peer "shmat $($ids[0])"
        $null = Send-Peer $peer "open /$prefix-a"
        Assert-Spared $found
        $null = Stop-Peer $peer
    }

    It 'does not remove one that was taken up and left again after it was found' {
        $ids = @(New-Abandoned)
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $found = Find-Mine
        $peer = Start-Peer
        $null = Send-Peer $peer "shmat $($ids[0])"
        $null = Stop-Peer $peer
        Add-Content "/dev/shm/$prefix-a" 'y' -NoNewline
        Assert-Spared $found
        Find-Mine | Remove-ShmSegment
        Test-Id $ids[0] | Should -BeFalse
        Test-Path "/dev/shm/$prefix-a" | Should -BeFalse
    }

    It 'does not remove one that was read after it was found' {
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $found = Find-Mine
        $found | Should -HaveCount 1
        $changed = $found[0].ChangeTime
        perl -e 'open(my $f, "<", $ARGV[0]) or die; read($f, my $b, 1)' "/dev/shm/$prefix-a"
        (Get-ShmSegment "/$prefix-a").ChangeTime | Should -Be $changed
        { $found | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse*'
        Test-Path "/dev/shm/$prefix-a" | Should -BeTrue
    }

    It 'takes a mapping that ended for a sign of use' {
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $changed = (Get-ShmSegment -Name "/$prefix-a").ChangeTime
        Wait-Condition { [datetime]::Now -gt $changed.AddSeconds(1) }
        # It reads, and so leaves no trace but the time of the access.
        perl -e 'open(my $f, "<", $ARGV[0]) or die; read($f, my $b, 1)' "/dev/shm/$prefix-a"
        (Get-ShmSegment -Name "/$prefix-a").ChangeTime | Should -Be $changed
        @(Find-ShmOrphan -OlderThan ([datetime]::Now - $changed) | Where-Object Name -CEQ "/$prefix-a") |
            Should -BeNullOrEmpty
        @(Find-ShmOrphan -OlderThan 0s | Where-Object Name -CEQ "/$prefix-a") | Should -HaveCount 1
    }

    It 'is removed with the same care after <_>' -ForEach 'remoting', 'JSON, or a choice of properties' {
        $ids = @(New-Abandoned)
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $found = Find-Mine
        if ($_ -eq 'remoting') {
            $found = [Management.Automation.PSSerializer]::Deserialize(
                [Management.Automation.PSSerializer]::Serialize($found, 3))
        }
        else {
            # What is null is left out: System V has no name to bind by.
            $found = foreach ($stat in $found) {
                $properties = [ordered] @{}
                foreach ($property in $stat.psobject.Properties) {
                    if ($null -ne $property.Value) { $properties[$property.Name] = $property.Value }
                }
                [pscustomobject] $properties
            }
        }
        $peer = Start-Peer
        $null = Send-Peer $peer "shmat $($ids[0])"
        $null = Send-Peer $peer "open /$prefix-a"
        Assert-Spared $found
        $null = Stop-Peer $peer
    }

    It 'does not remove another that took the name' {
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        $found = Find-Mine
        Set-Content "/dev/shm/$prefix-b" 'new' -NoNewline
        Move-Item "/dev/shm/$prefix-b" "/dev/shm/$prefix-a" -Force
        { $found | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
        Get-Content "/dev/shm/$prefix-a" -Raw | Should -BeExactly 'new'
    }

    It 'lists by name' {
        foreach ($end in 'c', 'a', 'd', 'b') { Set-Content "/dev/shm/$prefix-$end" 'x' }
        (Find-Mine).Name | Should -BeExactly ('a', 'b', 'c', 'd').ForEach{ "/$prefix-$_" }
    }

    It 'leaves orphans that Remove-ShmSegment takes from a CSV, which has whole seconds' {
        Set-Content "/dev/shm/$prefix-a" 'x'
        $row = Find-Mine | ConvertTo-Csv | ConvertFrom-Csv
        # As if it had been found two seconds after its last use.
        $row.JudgedTime = ([datetime] $row.ChangeTime).AddSeconds(2)
        $row | Remove-ShmSegment
        Test-Path "/dev/shm/$prefix-a" | Should -BeFalse
    }

    It 'spares what a CSV tells of, when <Because>' -ForEach @(
        @{ Because = 'it was found in the second of its last use'; Change = { $_.JudgedTime = $_.ChangeTime } }
        @{ Because = 'it was used after it was found'; Change = {
            $_.ChangeTime = ([datetime] $_.ChangeTime).AddSeconds(-1)
            $_.JudgedTime = ([datetime] $_.ChangeTime).AddHours(1)
        } }
        @{ Because = 'the row does not say when it was found'; Change = { $_.JudgedTime = '' } }
    ) {
        # What was made on a full second tells as much in a CSV as elsewhere.
        do {
            Set-Content "/dev/shm/$prefix-a" 'x'
            $found = Find-Mine
        } while ($found.ChangeTime.Ticks % [timespan]::TicksPerSecond -eq 0)
        $row = $found | ConvertTo-Csv | ConvertFrom-Csv
        $row | ForEach-Object $Change
        { $row | Remove-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentInUse,PSSharedMemory.Commands.RemoveShmSegmentCommand'
        Test-Path "/dev/shm/$prefix-a" | Should -BeTrue
    }
}

Describe 'Remove-ShmSegment -IfUnused' {
    AfterEach { Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore }

    It 'removes what matches and is unused, and says SegmentInUse for the rest' {
        'a', 'b', 'c' | ForEach-Object { Set-Content "/dev/shm/$prefix-$_" 'x' -NoNewline }
        $peer = Start-Peer
        $null = Send-Peer $peer "open /$prefix-b"
        Remove-ShmSegment -Name "/$prefix-*" -IfUnused -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'SegmentInUse,*'
        $problems[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
        $problems[0].TargetObject.Name | Should -BeExactly "/$prefix-b"
        @((Get-ChildItem /dev/shm -Filter "$prefix*" -File -Force).FullName) | Should -Be "/dev/shm/$prefix-b"
        $null = Stop-Peer $peer
    }

    It 'does not take another segment for the one that had its id before, up to the highest id' -Tag Root -Skip:(
        [Environment]::UserName -ne 'root') {
        . "$PSScriptRoot/ChildHost.ps1"
        $script = @'
            # In an IPC namespace of its own the next id can be said; the last one there is, and one that was used before.
            function New-At($Id, $Size) {
                [IO.File]::WriteAllText('/proc/sys/kernel/shm_next_id', "$Id")
                $made = & perl -e 'print shmget(0, $ARGV[0], 01600)' $Size
                if ("$made" -ne "$Id") { throw "made $made, not $Id" }
            }
            foreach ($id in 2147483647, 65541) {
                New-At $id 12288
                $orphan = @(Find-ShmOrphan -OlderThan 0s | Where-Object Id -EQ $id)
                $mapping = Mount-ShmSegment -Id $id
                $holders = (Get-ShmStat -Id $id).HolderProcessIds -join ' '
                $mapping.Dispose()
                & ipcrm -m $id
                New-At $id 12288
                $orphan | Remove-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable problems
                [Console]::WriteLine("$($orphan.Count) $($holders -eq $PID) $($problems.FullyQualifiedErrorId) $(@(& ipcs -m).Where{ (-split $_)[1] -eq $id }.Count)")
                @(Find-ShmOrphan -OlderThan 0s | Where-Object Id -EQ $id) | Remove-ShmSegment
                [Console]::WriteLine(@(& ipcs -m).Where{ (-split $_)[1] -eq $id }.Count)
            }
'@
        $said = @(Invoke-ChildHost $script -Through unshare, -i)
        $said | Should -BeExactly @('1 True IdentityChanged,PSSharedMemory.Commands.RemoveShmSegmentCommand 1', '0',
            '1 True IdentityChanged,PSSharedMemory.Commands.RemoveShmSegmentCommand 1', '0')
    }

    It 'removes by owner and age through the pipeline' {
        Set-Content "/dev/shm/$prefix-a" 'x' -NoNewline
        Get-ShmSegment -Name "/$prefix-*" -Owner ([Environment]::UserName) |
            Where-Object { $_.ChangeTime -lt [datetime]::Now.AddHours(-1) } | Remove-ShmSegment -IfUnused
        Test-Path "/dev/shm/$prefix-a" | Should -BeTrue
        Get-ShmSegment -Name "/$prefix-*" -Owner ([Environment]::UserName) |
            Where-Object { $_.ChangeTime -lt [datetime]::Now.AddHours(1) } | Remove-ShmSegment -IfUnused
        Test-Path "/dev/shm/$prefix-a" | Should -BeFalse
    }

    It 'removes thousands of both families in one pass' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
        # In namespaces of its own: nobody else's segments are there, and SHMMNI is free.
        . "$PSScriptRoot/ChildHost.ps1"
        $script = @'
            & mount -t tmpfs tmpfs /dev/shm
            & perl -e 'for (1..4000) { shmget(0, 4096, 01600) // die $!; open(my $f, ">", "/dev/shm/pst-$_") or die $! }'
            $orphans = @(Find-ShmOrphan -OlderThan 0s)
            [Console]::WriteLine("$(@($orphans).Where{ $_.Kind -eq 'SysV' }.Count) $(@($orphans).Where{ $_.Kind -eq 'Posix' }.Count)")
            $messages = @($orphans | Remove-ShmSegment -Verbose 4>&1).Where{ "$_" -like 'Read maps*' }
            [Console]::WriteLine("$(@($messages).Count) $(@(Get-ShmSegment).Count) $(@(& ipcs -m).Where{ $_ -match '^0x' }.Count)")
'@
        $said = @(Invoke-ChildHost $script -Through unshare, -i, -m)
        $said[0] | Should -BeExactly '4000 4000'
        $said[1] | Should -BeExactly '1 0 0'
    }
}
