# What a block leaves behind, with ipcs and /dev/shm as witnesses.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $prefix = "pst-leak-$PID"
    # Others may make segments at the same time; what is theirs has an origin that cannot be told.
    function Measure-Own([scriptblock] $Block) {
        @(Measure-ShmLeak $Block | Where-Object { $_.Origin -ne 'Unknown' -or $_.Label -clike "/$prefix*" })
    }
}

Describe 'Measure-ShmLeak' {
    AfterEach {
        Get-ShmSegment -Kind SysV | Where-Object CreatorProcessId -EQ $PID | Remove-ShmSegment
        Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore
    }

    It 'finds nothing where nothing is left' {
        Measure-Own {
            $mapping = New-ShmSegment -Name "/$prefix" -Size 4096 -Mount
            $mapping.Dispose()
            Remove-ShmSegment -Name "/$prefix"
        } | Should -BeNullOrEmpty
    }

    It 'finds segments of both families' {
        $leaks = Measure-Own {
            $script:made = (New-ShmSegment -Private -Size 100), (New-ShmSegment -Name "/$prefix" -Size 100)
        }
        @($leaks | Where-Object Kind -EQ Segment) | Should -HaveCount 2
        @($leaks | Where-Object Label -EQ "id $($made[0].Id)").Origin | Should -Be 'ThisProcess'
        @($leaks.Label) -ccontains "/$prefix" | Should -BeTrue
    }

    It 'finds a mapping and a descriptor that are still held' {
        $null = New-ShmSegment -Name "/$prefix" -Size 100
        $leaks = Measure-Own {
            $script:mapping = Mount-ShmSegment -Name "/$prefix"
            $script:stream = [IO.FileStream]::new('/dev/shm/' + $prefix + '-2', 'Create', 'ReadWrite', 'ReadWrite')
        }
        $mapping.Dispose()
        $stream.Dispose()
        @($leaks | Where-Object Kind -EQ Mapping).Label | Should -BeExactly "/$prefix"
        @($leaks | Where-Object Kind -EQ Descriptor).Label | Should -BeExactly "/$prefix-2"
    }

    It 'finds what a child made and still holds' {
        $leaks = Measure-Own {
            $script:peer = Start-Peer C
            $null = Send-Peer $peer "create /$prefix 4096"
            $script:id = Send-Peer $peer 'shmget 0 4096'
        }
        $holder = $peer.Id
        $null = Send-Peer $peer "rmid $id"
        $null = Stop-Peer $peer
        @($leaks | Where-Object Label -EQ "id $id").Origin | Should -Be 'ChildProcess'
        @($leaks | Where-Object Label -CEQ "/$prefix" | Where-Object Kind -EQ Mapping).ProcessId | Should -Be $holder
        @($leaks | Where-Object Label -CEQ "/$prefix" | Where-Object Kind -EQ Segment).Origin |
            Should -Be 'ChildProcess'
    }

    It 'finds what a child that has ended left behind' {
        $script:id = 0
        $leaks = @(Measure-ShmLeak { $script:id = perl -e 'print shmget(0, 100, 01600)' })
        ipcrm -m $id
        @($leaks | Where-Object Label -EQ "id $id") | Should -HaveCount 1
    }

    It 'does not take another process'' segment for the block''s' {
        $peer = Start-Peer
        $script:id = 0
        $leaks = @(Measure-ShmLeak { $script:id = Send-Peer $peer 'shmget 0 4096' })
        $null = Send-Peer $peer "rmid $id"
        $null = Stop-Peer $peer
        @($leaks | Where-Object Label -EQ "id $id") | Should -BeNullOrEmpty
    }

    It 'tells of a block that fails, and lets its error through' {
        $leaks = [Collections.Generic.List[object]]::new()
        {
            Measure-ShmLeak { $null = New-ShmSegment -Private -Size 100; throw 'on purpose' } |
                ForEach-Object { $leaks.Add($_) }
        } |
            Should -Throw 'on purpose'
        @($leaks | Where-Object Origin -EQ ThisProcess) | Should -HaveCount 1
    }

    It 'takes a command in place of a block' {
        $leaks = @(Measure-ShmLeak perl -ArgumentList '-e', 'open(my $f, ">", $ARGV[0]) or die; print "noise\n"',
            "/dev/shm/$prefix a'b")
        @($leaks | Where-Object Label -CEQ "/$prefix a'b") | Should -HaveCount 1
        @($leaks | Where-Object { $_ -isnot [PSSharedMemory.ShmLeak] }) | Should -BeNullOrEmpty
        @(Measure-ShmLeak -FilePath true | Where-Object Label -CLike "/$prefix*") | Should -BeNullOrEmpty
    }

    It 'says of a command that it is not there' {
        { Measure-ShmLeak -FilePath "/nonexistent/$prefix" } | Should -Throw -ErrorId 'CommandNotFoundException*'
    }

    It 'runs the block in the scope of its caller' {
        $null = Measure-ShmLeak { $seen = $prefix }
        $seen | Should -BeExactly $prefix
    }
}
