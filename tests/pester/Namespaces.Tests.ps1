# Segments of other namespaces, used as if they were here, and never mistaken for what is here. The witnesses are in the
# other namespace: the peer's own words, and the kernel's table by nsenter.

BeforeDiscovery {
    . "$PSScriptRoot/Spaces.ps1"
    $closed = -not (Test-Space)
    $noStrace = -not (Get-Command strace -ErrorAction Ignore)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/Spaces.ps1"
}

Describe 'System V segments of another namespace' -Tag Root -Skip:$closed {
    BeforeEach {
        $space = Start-Space
        $id = [int] (Send-Peer $space 'shmget 0x5081 8192')
        $slot = (Send-Peer $space "shmat $id rw") -split ' '
        $there = Get-ShmSegment -Namespace $space.Id -Id $id
    }

    AfterEach { $null = Stop-Peer $space }

    It 'are listed with the namespace that they are of, and not here' {
        $there.Namespace | Should -BeExactly (Get-IpcName $space.Id)
        $there.Label | Should -BeExactly "id $id in $(Get-IpcName $space.Id)"
        $there.AttachCount | Should -Be 1
        $there.CreatorProcessId | Should -Be $space.Id
        Get-ShmSegment -Key 0x5081 -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-ShmSegment -Namespace $space.Id -Key 0x5081).Id | Should -Be $id
        Get-ShmSegment -Namespace $space.Id -Kind Posix | Should -BeNullOrEmpty
    }

    It 'are found by every form that a place has' {
        (Get-ShmNamespace $space.Id | Get-ShmSegment).Id | Should -Be $id
        (Get-ShmSegment -Namespace (Get-ShmNamespace $space.Id)).Id | Should -Be $id
        (Get-ShmSegment -Namespace (Get-IpcName $space.Id)).Id | Should -Be $id
        (Get-ShmSegment -Namespace $space).Id | Should -Be $id
        $all = Get-ShmSegment -Namespace * -WarningAction Ignore
        $all | Where-Object Namespace -CEQ $there.Namespace | Should -HaveCount 1
    }

    It 'are read, written, searched and exported' {
        Write-ShmData -Segment $there -Value 4711 -As Int32 -Offset 8
        Send-Peer $space "peek $($slot[0]) 8" | Should -Be 4711
        $null = Send-Peer $space "poke $($slot[0]) 12 815"
        $there | Read-ShmData -As Int32 -Offset 12 | Should -Be 815
        ($there | Search-ShmData ([byte[]] (0x2f, 0x03, 0, 0))).Offset | Should -Be 12
        $there | Export-ShmSegment "$TestDrive/there.bin"
        [BitConverter]::ToInt32((Get-Content "$TestDrive/there.bin" -AsByteStream -Raw), 12) | Should -Be 815
    }

    It 'are mounted for as long as one likes, also when the namespace has ended' {
        $mapping = $there | Mount-ShmSegment
        try {
            Get-TableThere $space.Id | Should -Match '^\s*\S+\s+\d+\s+600\s+8192\s+\d+\s+\d+\s+2\s'
            $null = Send-Peer $space "poke $($slot[0]) 0 33"
            $mapping.Reader.ReadInt32(0) | Should -Be 33
            $mapping.Segment.Namespace | Should -BeExactly $there.Namespace
            $null = Stop-Peer $space
            $mapping.Reader.ReadInt32(0) | Should -Be 33
        }
        finally {
            $mapping.Dispose()
            $space = Start-Space
        }
    }

    It 'that this process has mounted are not taken for those of here' {
        $here = New-ShmSegment -Private -Size 8KB
        $mapping = $there | Mount-ShmSegment
        try {
            $mine = @(Get-ShmAttachment -ProcessId $PID | Where-Object Kind -EQ SysV)
            $mine | Should -HaveCount 1
            $mine.Namespace | Should -BeExactly $there.Namespace
            $mine.Segment | Should -Be $there
            $stat = $there | Get-ShmStat
            $stat.HolderProcessIds | Sort-Object | Should -Be (@($PID, $space.Id) | Sort-Object)
            $stat.HolderCount | Should -Be 2
            ($here | Get-ShmStat).Verdict | Should -Be Unattached
            Get-ShmMapping | Should -HaveCount 1
            { Dismount-ShmSegment "id $id" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
            $there | Dismount-ShmSegment
            Get-ShmMapping | Should -BeNullOrEmpty
        }
        finally {
            $mapping.Dispose()
            $here | Remove-ShmSegment
        }
    }

    It 'are changed and removed there, and only there' {
        $there | Set-ShmSegment -Mode 0640
        Get-TableThere $space.Id | Should -Match '\s640\s'
        $there | Remove-ShmSegment
        # It waits for its last detach.
        Get-TableThere $space.Id | Should -Match '\s1640\s'
        $null = Send-Peer $space "detach $($slot[0])"
        Get-TableThere $space.Id | Should -BeNullOrEmpty
        { $there | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'tell whose they are when removal asks' {
        Start-Transcript "$TestDrive/whatif.txt" | Out-Null
        $there | Remove-ShmSegment -WhatIf
        Stop-Transcript | Out-Null
        Get-Content "$TestDrive/whatif.txt" -Raw | Should -Match ([regex]::Escape($there.Label))
    }

    It 'have holders, attachments and orphans' {
        $stat = Get-ShmStat -Namespace $space.Id
        $stat.HolderCount | Should -Be 1
        $stat.HolderProcessIds | Should -Be $space.Id
        $stat.Verdict | Should -Be InUse
        $attachment = Get-ShmAttachment -Namespace $space.Id
        $attachment.ProcessId | Should -Be $space.Id
        $attachment.Segment | Should -Be $there
        ($attachment | Read-ShmData -As Int32) | Should -Be 0
        Find-ShmOrphan -Namespace $space.Id -OlderThan 0s | Should -BeNullOrEmpty
        $lost = & nsenter --target $space.Id --ipc perl -e 'print shmget(0x5082, 4096, 01600)'
        $orphan = Find-ShmOrphan -Namespace $space.Id -OlderThan 0s
        $orphan.Id | Should -Be $lost
        (Get-ShmNamespace $space.Id | Find-ShmOrphan -OlderThan 0s).Id | Should -Be $lost
        $orphan | Remove-ShmSegment
        Get-TableThere $space.Id | Should -HaveCount 1
    }

    It 'that a trace there tells of are not those of the same id here' -Skip:$noStrace {
        $made = @(foreach ($i in 0..$id) { New-ShmSegment -Private -Size 8KB })
        $shell = [PowerShell]::Create()
        try {
            $null = $shell.AddScript({
                    param($module, $process)
                    Import-Module $module
                    Trace-ShmCall -ProcessId $process
                }).AddArgument((Get-Module PSSharedMemory).Path).AddArgument($space.Id)
            $running = $shell.BeginInvoke()
            $until = [datetime]::UtcNow.AddSeconds(30)
            while ([IO.File]::ReadAllText("/proc/$($space.Id)/status") -match 'TracerPid:\t0') {
                if ([datetime]::UtcNow -gt $until) { throw 'The tracer did not attach.' }
                [Threading.Thread]::Sleep(10)
            }
            $null = Send-Peer $space "detach $($slot[0])"
            $null = Send-Peer $space "shmat $id rw"
            $null = Stop-Peer $space
            $calls = @($shell.EndInvoke($running) | Where-Object Call -EQ shmat)
            $calls | Should -HaveCount 1
            { $calls[0] | Read-ShmData -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        }
        finally {
            $shell.Dispose()
            $made | Remove-ShmSegment
            $space = Start-Space
        }
    }

    It 'are told to no program, which would look for them here' {
        { $there | Start-ShmProcess true -EnvironmentVariable SHM_ID -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotSupportedByKind,*'
    }

    It 'are waited for where they are' {
        { $there | Wait-ShmSegment -Gone -TimeoutSec 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        $null = Send-Peer $space "detach $($slot[0])"
        $null = Send-Peer $space "rmid $id"
        $there | Wait-ShmSegment -Gone -TimeoutSec 10
    }

    It 'travel through jobs, JSON and CSV, and come back to where they were' {
        $text = [Management.Automation.PSSerializer]::Serialize($there)
        $serialized = [Management.Automation.PSSerializer]::Deserialize($text)
        $json = $there | ConvertTo-Json | ConvertFrom-Json
        $csv = $there | ConvertTo-Csv | ConvertFrom-Csv
        $row = $there | Select-Object Id, Namespace
        foreach ($form in $serialized, $json, $csv, $row) {
            $null = Send-Peer $space "poke $($slot[0]) 0 $(Get-Random)"
            $form | Read-ShmData -As Int32 | Should -Be ([int] (Send-Peer $space "peek $($slot[0]) 0"))
        }
        { [pscustomobject] @{ Id = $id; Namespace = 'ipc:[1]' } | Read-ShmData -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentNotFound,*'
    }
}

Describe 'The same id in two namespaces' -Tag Root -Skip:$closed {
    BeforeAll {
        # The first segment of a namespace has the id 0 in each: as like as two can be.
        $one = Start-Space
        $other = Start-Space
        foreach ($space in $one, $other) { Send-Peer $space 'shmget 0x5091 4096' | Should -Be 0 }
        $inOne = Get-ShmSegment -Namespace $one.Id -Id 0
        $inOther = Get-ShmSegment -Namespace $other.Id -Id 0
    }

    AfterAll { $one, $other | ForEach-Object { $null = Stop-Peer $_ } }

    It 'is two segments' {
        $inOne | Should -Not -Be $inOther
        @($inOne, $inOther | Get-ShmStat) | Should -HaveCount 2
        @(Get-ShmSegment -Id 0 -Namespace $one.Id, $other.Id) | Should -HaveCount 2
    }

    It 'is written where it is' {
        $inOne | Write-ShmData 1 -As Int32
        $inOther | Write-ShmData 2 -As Int32
        $slot = (Send-Peer $one 'shmat 0 r') -split ' '
        Send-Peer $one "peek $($slot[0]) 0" | Should -Be 1
        $null = Send-Peer $one "detach $($slot[0])"
        $inOther | Read-ShmData -As Int32 | Should -Be 2
    }

    It 'is removed where it is, by object, in a mixed pipeline and by its text' {
        $here = New-ShmSegment -Private -Size 4KB
        try {
            { "$inOne" | Remove-ShmSegment -ErrorAction Stop } | Should -Throw
            $here, $inOther | Remove-ShmSegment -WhatIf
            Get-TableThere $one.Id | Should -HaveCount 1
            $inOther | Remove-ShmSegment -IfUnused
            Get-TableThere $other.Id | Should -BeNullOrEmpty
            Get-TableThere $one.Id | Should -HaveCount 1
            Get-ShmSegment -Id $here.Id | Should -HaveCount 1
            { $inOther | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
            Get-TableThere $one.Id | Should -HaveCount 1
        }
        finally { $here | Remove-ShmSegment }
        $inOne | Remove-ShmSegment
        Get-TableThere $one.Id | Should -BeNullOrEmpty
    }
}

Describe 'POSIX objects of another /dev/shm' -Tag Root -Skip:$closed {
    BeforeAll { $name = "/pst-space-$PID" }

    BeforeEach {
        $fill = 'mkdir -p /dev/shm/terms && printf deep > /dev/shm/terms/log.0'
        $space = Start-Space -Script "$fill && printf there > /dev/shm$name"
        $root = "/proc/$($space.Id)/root/dev/shm"
        $there = Get-ShmSegment $name -Namespace $space.Id
        # One of the same name and bytes here.
        Set-Content "/dev/shm$name" 'right' -NoNewline
    }

    AfterEach {
        $null = Stop-Peer $space
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'are listed with all directories and say where they are' {
        $all = Get-ShmSegment -Namespace $space.Id
        $all.Name | Should -Be @($name, '/terms/log.0')
        $place = Get-ShmNamespace $space.Id | Where-Object Kind -EQ Posix
        $all.Namespace | Sort-Object -Unique | Should -BeExactly $place.Namespace
        $there.Label | Should -BeExactly "$name in $($there.Namespace)"
        $there.Namespace | Should -Match '^shm:\[\d+:\d+\]$'
        (Get-ShmSegment '/terms/*' -Namespace $space.Id).Name | Should -Be '/terms/log.0'
        $log = Get-ShmSegment -LiteralName '/terms/log.0' -Namespace $space.Id
        $log | Read-ShmData -As String -Count 4 | Should -Be deep
        (Get-ShmSegment $name).Namespace | Should -BeNullOrEmpty
    }

    It 'are counted, with the limit of their file system' {
        $place = Get-ShmNamespace $space.Id | Where-Object Kind -EQ Posix
        $place.SegmentCount | Should -Be 2
        $place.Size | Should -Be 1MB
        $said = & nsenter --target $space.Id --mount df --output=used --block-size=1 /dev/shm
        $used = [long] $said[-1]
        $place.Bytes | Should -Be $used
        $place.PercentUsed | Should -Be ([Math]::Round(100 * $used / 1MB, 1))
    }

    It 'are read, written, compared and exported there' {
        $there | Read-ShmData -As String -Count 5 | Should -Be there
        $there | Write-ShmData THERE -As String
        Get-Content "$root$name" -Raw | Should -Be THERE
        Get-Content "/dev/shm$name" -Raw | Should -Be right
        @($there | Compare-ShmData -DifferenceName $name) | Should -Not -BeNullOrEmpty
        $there | Export-ShmSegment "$TestDrive/posix.bin"
        Get-Content "$TestDrive/posix.bin" -Raw | Should -BeLike 'THERE*'
    }

    It 'are mounted, and held by those who have them' {
        $slot = (Send-Peer $space "open $name rw") -split ' '
        $mapping = $there | Mount-ShmSegment
        try {
            $null = Send-Peer $space "poke $($slot[0]) 0 4711"
            $mapping.Reader.ReadInt32(0) | Should -Be 4711
            $stat = $there | Get-ShmStat
            $stat.HolderProcessIds | Sort-Object | Should -Be (@($PID, $space.Id) | Sort-Object)
            (Get-ShmStat $name).HolderProcessIds | Should -BeNullOrEmpty
            $areas = Get-ShmAttachment -Namespace $space.Id
            $areas.ProcessId | Sort-Object | Should -Be (@($PID, $space.Id) | Sort-Object)
            $areas.Segment | ForEach-Object { $_ | Should -Be $there }
            { Dismount-ShmSegment $name -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        }
        finally { $mapping.Dispose() }
        { $there | Remove-ShmSegment -IfUnused -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse,*'
    }

    It 'are changed, resized and removed there, and only there' {
        ($there | Set-ShmSegment -Mode 0640 -PassThru).Label | Should -BeExactly $there.Label
        [IO.File]::GetUnixFileMode("$root$name") | Should -Be ([IO.UnixFileMode] 'UserRead, UserWrite, GroupRead')
        ($there | Resize-ShmSegment -Size 8KB -PassThru).Namespace | Should -BeExactly $there.Namespace
        [IO.FileInfo]::new("$root$name").Length | Should -Be 8192
        $there | Remove-ShmSegment
        Test-Path "$root$name" | Should -BeFalse
        Get-Content "/dev/shm$name" -Raw | Should -Be right
        { $there | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        Get-Content "/dev/shm$name" -Raw | Should -Be right
    }

    It 'that were replaced are not the ones that were listed' {
        # A new file has a new inode, as long as the old one is there.
        Move-Item "$root$name" "$root$name.old"
        Set-Content "$root$name" 'other' -NoNewline
        { $there | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
        Get-Content "$root$name" -Raw | Should -Be other
    }

    It 'that are removed and held are known as such' {
        $null = Send-Peer $space "open $name rw"
        $null = Send-Peer $space "unlink $name"
        $held = Get-ShmAttachment -Namespace $space.Id
        $held.IsRemoved | Should -BeTrue
        $held.Segment.Name | Should -BeExactly $name
        (Get-ShmAttachment -ProcessId $space.Id).IsRemoved | Should -BeTrue
    }

    It 'are orphans where nobody has them' {
        $orphans = Find-ShmOrphan -Namespace $space.Id -OlderThan 0s
        $orphans.Name | Sort-Object | Should -Be @($name, '/terms/log.0')
        $orphans | Remove-ShmSegment
        Get-ChildItem $root -File -Recurse -Force | Should -BeNullOrEmpty
        Get-Content "/dev/shm$name" -Raw | Should -Be right
    }

    It 'travel through jobs, JSON and CSV' {
        $json = $there | ConvertTo-Json | ConvertFrom-Json
        $csv = $there | ConvertTo-Csv | ConvertFrom-Csv
        foreach ($form in $json, $csv, ($there | Select-Object Name, Namespace)) {
            $form | Read-ShmData -As String -Count 5 | Should -Be there
        }
    }

    It 'have names that reach no terminal raw' {
        [IO.File]::WriteAllText("$root/pst-`e[31mred`nline", 'x')
        $shown = Get-ShmSegment -Namespace $space.Id | Out-String
        $shown | Should -Match 'pst-\\x1b\[31mred'
        $shown | Should -Not -Match "`e\[31mred"
        "$(Get-ShmSegment '/pst-*red*' -Namespace $space.Id)" | Should -Not -Match "`e"
    }
}

Describe 'A file system of shared memory that outlived its processes' -Tag Root -Skip:$closed {
    BeforeAll {
        $common = 'c0ffee' + [Guid]::NewGuid().ToString('N')
        $ids = @('1', '2' | ForEach-Object { ($common + $_).PadRight(64, '0') })
        $points = @($ids | ForEach-Object { "$TestDrive/docker/containers/$_/mounts/shm" })
        foreach ($point in $points) {
            $null = New-Item $point -ItemType Directory -Force
            & mount -t tmpfs -o size=128k,mode=1777 shm $point
            Set-Content "$point/psm_left" $point -NoNewline
        }
    }

    AfterAll { $points | ForEach-Object { & umount $_ } }

    It 'is found by its mount, with the container that the path names' {
        $place = Get-ShmNamespace $ids[0]
        $place.Container | Should -BeExactly $ids[0]
        $place.Runtime | Should -BeExactly docker
        $place.MountPoint | Should -BeExactly $points[0]
        $place.ProcessIds | Should -BeNullOrEmpty
        $place.Size | Should -Be 128KB
        $place.Bytes | Should -Be 4KB
    }

    It 'is found by a beginning that fits it alone, and none by one that fits two' {
        (Get-ShmNamespace ($common + '1')).Container | Should -BeExactly $ids[0]
        (Get-ShmNamespace ($common + '2')).Container | Should -BeExactly $ids[1]
        $commands = { Get-ShmNamespace $common -ErrorAction Stop },
            { Get-ShmSegment -Namespace $common -ErrorAction Stop }
        foreach ($command in $commands) {
            $command | Should -Throw -ErrorId 'InvalidName,*'
            $said = try { & $command } catch { "$_" }
            $ids | ForEach-Object { $said | Should -BeLike "*$_*" }
        }
    }

    It 'gives its segments, which are read and removed there' {
        $left = Get-ShmSegment -Namespace $ids[1]
        $left.Name | Should -BeExactly /psm_left
        $left | Read-ShmData -As String -Count $points[1].Length | Should -BeExactly $points[1]
        $orphan = Get-ShmNamespace $ids[1] | Find-ShmOrphan -OlderThan 0s
        $orphan.Name | Should -BeExactly /psm_left
        $orphan | Remove-ShmSegment
        Test-Path "$($points[1])/psm_left" | Should -BeFalse
        Test-Path "$($points[0])/psm_left" | Should -BeTrue
    }
}

Describe 'Links in another root' -Tag Root -Skip:$closed {
    It 'lead nowhere but into it' {
        # Its /dev/shm is an absolute link, which means another place here.
        $folder = "/run/pst-link-$PID"
        $null = New-Item "$TestDrive/root" -ItemType Directory
        $null = New-Item $folder -ItemType Directory
        [IO.File]::WriteAllText("$folder/outside", 'x')
        $script = @(
            "cd $TestDrive/root", 'mount --rbind / .', "cd $TestDrive/root"
            'mount -t tmpfs t run', 'mount -t tmpfs t dev'
            "mkdir .$folder", "printf x > .$folder/inside", "ln -s $folder dev/shm"
            'exec chroot . perl "$0"'
        ) -join ' && '
        $space = Start-Space -Script $script
        try {
            (Get-ShmSegment -Namespace $space.Id).Name | Should -BeExactly /inside
        }
        finally {
            $null = Stop-Peer $space
            Remove-Item $folder -Recurse -Force
        }
    }
}

Describe 'Namespaces that may not be looked into' -Tag Root -Skip:$closed {
    BeforeAll {
        . "$PSScriptRoot/ChildHost.ps1"
        $nobody = 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'
        $space = Start-Space -Script 'printf x > /dev/shm/secret'
        $null = Send-Peer $space 'shmget 0x50a1 4096'
    }

    AfterAll { $null = Stop-Peer $space }

    It 'are errors to a user without rights, and unknown among all' {
        $said = Invoke-ChildHost -Through $nobody -Script @"
            `$ErrorActionPreference = 'SilentlyContinue'
            Get-ShmSegment -Namespace $($space.Id) -ErrorVariable failed; "asked `$(`$failed.FullyQualifiedErrorId)"
            `$all = Get-ShmNamespace -WarningVariable warned -WarningAction Ignore
            `$theirs = @(`$all | Where-Object { `$_.ProcessIds -contains $($space.Id) })
            "all `$(`$theirs.Count) warned `$(@(`$warned).Count -gt 0)"
            "own `$(@(`$all | Where-Object IsCurrent).Count)"
            "listed `$(@(Get-ShmSegment -Namespace * -WarningAction Ignore | Where-Object Name -Like '*secret*').Count)"
            Get-ShmNamespace '$(Get-IpcName $space.Id)' -ErrorVariable failed
            "named `$(`$failed.FullyQualifiedErrorId)"
"@
        $said | Should -Be @(
            'asked AccessDenied,PSSharedMemory.Commands.GetShmSegmentCommand'
            'all 0 warned True'
            'own 2'
            'listed 0'
            'named NameNotFound,PSSharedMemory.Commands.GetShmNamespaceCommand'
        )
    }

    It 'are errors to root without CAP_SYS_ADMIN, which still sees what /proc leads to' {
        $weak = 'setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-all', '--'
        $said = Invoke-ChildHost -Through $weak -Script @"
            `$ErrorActionPreference = 'SilentlyContinue'
            "posix `$((Get-ShmSegment -Namespace $($space.Id) -ErrorVariable failed).Name)"
            "sysv `$(`$failed.FullyQualifiedErrorId)"
            "advice `$("`$failed" -match 'CAP_SYS_ADMIN') `$("`$failed" -match 'Get-Shm')"
            `$looks = Watch-ShmStat -Namespace $($space.Id) -Count 2 -IntervalSec 0.1 -PassThru -ErrorVariable failed
            "watched `$(`$looks.Stat.Name)"
            "once `$(`$failed.FullyQualifiedErrorId)"
            `$place = Get-ShmNamespace '$(Get-IpcName $space.Id)'
            "count '`$(`$place.SegmentCount)' why `$(`$place.Problem.Length -gt 0)"
            "closed `$((Get-ShmLimit 'Shmem System V').Description -match 'more cannot be entered')"
"@
        $said | Should -Be @(
            'posix /secret'
            'sysv AccessDenied,PSSharedMemory.Commands.GetShmSegmentCommand'
            'advice True False'
            'watched /secret /secret'
            'once AccessDenied,PSSharedMemory.Commands.WatchShmStatCommand'
            "count '' why True"
            'closed True'
        )
    }

    It 'that are hidden (hidepid) are errors that say so' {
        $through = @('unshare', '-m', 'bash', '-c', 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', 'x') + $nobody
        Invoke-ChildHost -Through $through -Script @"
            `$null = Get-ShmSegment -Namespace $($space.Id) -ErrorAction SilentlyContinue -ErrorVariable failed
            `$failed.FullyQualifiedErrorId
            `$null = Get-ShmNamespace -WarningVariable warned -WarningAction Ignore
            "`$warned" -match 'hidepid'
"@ | Should -Be @('AccessDenied,PSSharedMemory.Commands.GetShmSegmentCommand', 'True')
    }

    It 'of a rootless container are open to root, and to its user but for System V' {
        $option = '--user', '--map-root-user'
        $peer = Get-Content "$PSScriptRoot/../native/shmpeer.pl" -Raw
        $user = '--reuid=65534', '--regid=65534', '--clear-groups'
        $kinds = 'unshare', '--ipc', '--mount', '--propagation', 'private'
        $run = '--', 'sh', '-c', 'mount -t tmpfs -o size=1m shm /dev/shm && exec perl -e "$0"', $peer
        $rootless = Start-Program setpriv ($user + $kinds + $option + $run)
        try {
            $null = Send-Peer $rootless 'shmget 0x50a2 4096'
            $null = Send-Peer $rootless 'create /theirs 4096'
            $null = Send-Peer $rootless 'poke 0 0 42'
            (Get-ShmSegment -Namespace $rootless.Id -Kind SysV).Key | Should -Be 0x50a2
            Get-ShmSegment /theirs -Namespace $rootless.Id | Read-ShmData -As Int32 | Should -Be 42
            Invoke-ChildHost -Through $nobody -Script @"
                `$places = Get-ShmNamespace $($rootless.Id)
                `$ipc = `$places | Where-Object Kind -EQ SysV
                "`$(`$null -eq `$ipc.SegmentCount) `$(`$null -eq `$ipc.Bytes) `$(`$ipc.Problem.Length -gt 0)"
                `$ErrorActionPreference = 'SilentlyContinue'
                Get-ShmSegment -Namespace $($rootless.Id) -ErrorVariable failed | Read-ShmData -As Int32
                `$failed.FullyQualifiedErrorId
"@ | Should -Be @('True True True', '42', 'AccessDenied,PSSharedMemory.Commands.GetShmSegmentCommand')
        }
        finally { $null = Stop-Peer $rootless }
    }
}

Describe 'Metrics of namespaces' -Tag Root -Skip:$closed {
    It 'tell them apart, as promtool wants it' {
        $spaces = @(Start-Space; Start-Space)
        try {
            foreach ($space in $spaces) {
                $null = Send-Peer $space 'shmget 0x50e1 4096'
                $null = Send-Peer $space 'create /same 4096'
            }
            $lines = @(
                Get-ShmStat -Namespace $spaces
                Get-ShmLimit SHMMNI, '/dev/shm size' -Namespace $spaces
                Get-ShmNamespace $spaces
            ) | ConvertTo-ShmMetric
            $samples = @($lines -notmatch '^#' -replace ' \S+$')
            $samples | Sort-Object -Unique | Should -HaveCount $samples.Count
            foreach ($space in $spaces) {
                $name = [regex]::Escape((Get-IpcName $space.Id))
                @($lines -match "^shm_segment_size_bytes\{.*namespace=`"$name`"") | Should -HaveCount 1
                @($lines -match "^shm_limit_value\{.*namespace=`"$name`"") | Should -HaveCount 1
                @($lines -match "^shm_namespace_segments\{.*namespace=`"$name`".*\} 1$") | Should -HaveCount 1
            }
            if (Get-Command promtool -ErrorAction Ignore) {
                $lines | promtool check metrics
                $LASTEXITCODE | Should -Be 0
            }
        }
        finally { $spaces | ForEach-Object { $null = Stop-Peer $_ } }
    }
}

Describe 'Limits of another namespace' -Tag Root -Skip:$closed {
    BeforeAll {
        # Both are its own: the kernel keeps SHMMNI for each IPC namespace.
        $fill = 'mkdir /dev/shm/box && printf x > /dev/shm/box/a'
        $space = Start-Space -Kilobytes 512 -Script "printf 77 > /proc/sys/kernel/shmmni && $fill"
        $null = Send-Peer $space 'shmget 0x50c1 8192'
        $null = Send-Peer $space 'create /gone 4096'
        $null = Send-Peer $space 'poke 0 0 1'
        $null = Send-Peer $space 'unlink /gone'
        $limits = Get-ShmLimit -Namespace $space.Id
        function Get-Row($Name) { $limits | Where-Object Name -CEQ $Name }
    }

    AfterAll { $null = Stop-Peer $space }

    It 'are those there, with their use' {
        (Get-Row SHMMNI).Value | Should -Be 77
        (Get-Row SHMMNI).Use | Should -Be 1
        (Get-Row SHMMNI).Namespace | Should -BeExactly (Get-IpcName $space.Id)
        (Get-Row '/dev/shm size').Value | Should -Be 512KB
        (Get-Row '/dev/shm size').Use | Should -Be 8KB
        (Get-Row '/dev/shm size').Namespace | Should -Match '^shm:'
        (Get-ShmLimit SHMMNI).Value | Should -Not -Be 77
        (Get-ShmLimit SHMMNI).Namespace | Should -BeNullOrEmpty
    }

    It 'add up' {
        (Get-Row '/dev/shm listed').Use | Should -Be 4096
        (Get-Row '/dev/shm removed but held').Use | Should -Be 4096
        (Get-Row '/dev/shm in flight or unknown').Use | Should -Be 0
        (Get-Row 'System V memory').Use | Should -Be 8192
        (Get-Row 'System V listed').Use | Should -Be 8192
    }

    It 'take names, and namespaces from the pipeline' {
        (Get-ShmNamespace $space.Id | Get-ShmLimit SHMMNI).Value | Should -Be 77
        Get-ShmLimit SHMMNI -Namespace $space.Id | Format-Table | Out-String |
            Should -Match ([regex]::Escape((Get-IpcName $space.Id)))
        { Get-ShmLimit -Namespace no-such -ErrorAction Stop } | Should -Throw -ErrorId 'NameNotFound,*'
        @(Get-ShmLimit SHMMNI -Namespace * -WarningAction Ignore).Namespace | Should -Contain (Get-IpcName $space.Id)
    }
}
