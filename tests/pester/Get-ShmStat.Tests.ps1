# Segments joined with their holders, with ipcs and the peers as witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $prefix = "pst-stat-$PID"
    function Get-Sorted([int[]] $Number) { [array]::Sort($Number); $Number }
}

Describe 'Removed memory that this process has mounted' {
    It 'is what its mapping tells of: <_>' -ForEach 'Get-ShmStat', 'Get-ShmSegment' {
        $name = "/pst-gone-$PID"
        $mapping = New-ShmSegment $name -Size 20000 -Mount
        $inode = (stat -c %i "/dev/shm$name")
        try {
            Remove-ShmSegment $name
            # Another object takes the name, and is not meant.
            $null = New-ShmSegment $name -Size 4096
            $found = @(& $_ -Mapping $mapping) + @($mapping | & $_)
            $found | Should -HaveCount 2
            foreach ($one in $found) {
                $one.Size, $one.Status, "$($one.Inode)" | Should -Be @(20000, 'RemovalPending', $inode)
                if ($_ -eq 'Get-ShmStat') { $one.HolderProcessIds | Should -Be $PID }
            }
            # What changes something does not take it for the one of the name, nor reach it.
            $mapping | Remove-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'IdentityChanged,*'
        }
        finally {
            $mapping.Dispose()
            Remove-Item "/dev/shm$name" -ErrorAction Ignore
        }
    }
}

Describe 'Get-ShmStat' {
    It 'counts processes, not areas, and shows both' {
        $peer = Start-Peer C
        $id = [int] (Send-Peer $peer 'shmget 0 20000')
        try {
            $slot = (Send-Peer $peer "shmat $id") -split ' '
            $null = Send-Peer $peer "protect $($slot[0]) 4096 4096 r--"
            $stat = Get-ShmStat -Id $id
            [int] (Send-Peer $peer "nattch $id") | Should -Be 3
            $stat.AttachCount | Should -Be 3
            $stat.HolderCount | Should -Be 1
            $stat.HolderProcessIds | Should -Be $peer.Id
            $stat.Verdict | Should -Be 'InUse'
            $stat.IsCreatorAlive | Should -BeTrue
            $stat.Size | Should -Be 20000
        }
        finally { $null = Send-Peer $peer "rmid $id"; $null = Stop-Peer $peer }
    }

    It 'says who still holds what is removed' {
        $peer = Start-Peer C
        $id = [int] (Send-Peer $peer 'shmget 0 4096')
        $null = Send-Peer $peer "shmat $id"
        $null = Send-Peer $peer "rmid $id"
        $stat = Get-ShmStat -Id $id
        $stat.Verdict | Should -Be 'RemovalPending'
        $stat.HolderCount | Should -Be 1
        $null = Stop-Peer $peer
        { Get-ShmStat -Id $id -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'joins a POSIX object with all that hold it' {
        $segment = New-ShmSegment -Name "/$prefix" -Size 1MB -Sparse
        $peers = 1..3 | ForEach-Object { $peer = Start-Peer; $null = Send-Peer $peer "open /$prefix"; $peer }
        try {
            $stat = $segment | Get-ShmStat
            $stat.HolderCount | Should -Be 3
            Get-Sorted $stat.HolderProcessIds | Should -Be (Get-Sorted $peers.Id)
            $stat.AllocatedPercent | Should -Be 0
            $stat.Attachments | Should -HaveCount 3
            $peers | ForEach-Object { $null = Stop-Peer $_ }
            $peers = @()
            $stat = Get-ShmStat -Name "/$prefix"
            $stat.Verdict | Should -Be 'Unattached'
            $stat.HolderCount | Should -Be 0
        }
        finally {
            $peers | ForEach-Object { $null = Stop-Peer $_ }
            $segment | Remove-ShmSegment
        }
    }

    It 'shows everything without a target' {
        $segment = New-ShmSegment -Private -Size 100
        $object = New-ShmSegment -Name "/$prefix-all" -Size 100
        try {
            $all = @(Get-ShmStat)
            @($all | Where-Object Id -EQ $segment.Id) | Should -HaveCount 1
            @($all | Where-Object Name -CEQ "/$prefix-all") | Should -HaveCount 1
            foreach ($line in @(ipcs -m) -match '^0x') {
                if (([string[]] $all.Id) -notcontains (-split $line)[1]) { $missing++ }
            }
            # Others may make and remove segments at the same time; most of what ipcs shows must be there.
            [int] $missing | Should -BeLessThan $all.Count
        }
        finally { $segment, $object | Remove-ShmSegment }
    }

    It 'does not say unused to a stranger who may not look' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
        $segment = New-ShmSegment -Name "/$prefix-x" -Size 4096 -Mode 0666
        $peer = Start-Peer C
        try {
            $null = Send-Peer $peer "open /$prefix-x"
            . "$PSScriptRoot/ChildHost.ps1"
            $script =
                "`$s = Get-ShmStat -Name '/$prefix-x'; [Console]::WriteLine(""`$(`$s.Verdict) [`$(`$s.HolderCount)]""); Remove-ShmSegment -Name '/$prefix-x' -IfUnused -ErrorAction SilentlyContinue -ErrorVariable e; [Console]::WriteLine(`$e[0].FullyQualifiedErrorId)"
            $said = @(Invoke-ChildHost $script -Through setpriv, --reuid=65534, --regid=65534, --clear-groups)
            $said[0] | Should -BeExactly 'Unknown []'
            $said[1] | Should -BeLike 'SegmentInUse,*'
            Test-Path "/dev/shm/$prefix-x" | Should -BeTrue
        }
        finally { $null = Stop-Peer $peer; $segment | Remove-ShmSegment }
    }

    It 'is proved unused by the kernel to an owner who may not look into all processes' -Tag Root -Skip:(
        [Environment]::UserName -ne 'root') {
        . "$PSScriptRoot/ChildHost.ps1"
        $script =
            "`$null = New-ShmSegment -Name '/$prefix-own' -Size 4096; `$s = Get-ShmStat -Name '/$prefix-own'; [Console]::WriteLine(""`$(`$s.Verdict) [`$(`$s.HolderCount)]""); Remove-ShmSegment -Name '/$prefix-own' -IfUnused"
        $said = @(Invoke-ChildHost $script -Through setpriv, --reuid=65534, --regid=65534, --clear-groups)
        $said[0] | Should -BeExactly 'Unattached [0]'
        Test-Path "/dev/shm/$prefix-own" | Should -BeFalse
    }
}
