# Namespaces and what is in them. Witnesses are nsenter, the kernel's table there, and the peers' own words.

BeforeDiscovery {
    . "$PSScriptRoot/Spaces.ps1"
    $closed = -not (Test-Space)
    $grouped = [bool] (Get-GroupFolder)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/Spaces.ps1"
}

Describe 'Get-ShmNamespace' -Tag Root -Skip:$closed {
    BeforeAll {
        $space = Start-Space
        $id = [int] (Send-Peer $space 'shmget 0x5071 8192')
        $slot = (Send-Peer $space "shmat $id rw") -split ' '
        $null = Send-Peer $space "poke $($slot[0]) 0 77"
    }

    AfterAll { $null = Stop-Peer $space }

    It 'lists the IPC namespace of this process first, with its segments' {
        $first = Get-ShmNamespace -WarningAction Ignore | Select-Object -First 1
        $first.IsCurrent | Should -BeTrue
        $first.Namespace | Should -BeExactly (Get-IpcName $PID)
        $first.ProcessIds | Should -Contain $PID
        $made = New-ShmSegment -Private -Size 4KB
        try {
            $now = Get-ShmNamespace $PID | Where-Object Kind -EQ SysV
            $now.SegmentCount | Should -Be (Get-TableThere $PID).Count
        }
        finally { $made | Remove-ShmSegment }
    }

    It 'counts what is in another' {
        $found = Get-ShmNamespace -WarningAction Ignore | Where-Object Namespace -CEQ (Get-IpcName $space.Id)
        $found | Should -HaveCount 1
        $found.IsCurrent | Should -BeFalse
        $found.ProcessIds | Should -Be $space.Id
        $found.SegmentCount | Should -Be 1
        $found.Bytes | Should -Be 4096
        $found.Kind | Should -Be SysV
        $found.Problem | Should -BeNullOrEmpty
    }

    It 'takes a process id, a process, an attachment, its own objects and what /proc calls it' {
        $name = Get-IpcName $space.Id
        (Get-ShmNamespace $space.Id).Namespace | Should -Contain $name
        (Get-ShmNamespace "$($space.Id)").Namespace | Should -Contain $name
        (Get-Process -Id $space.Id | Get-ShmNamespace).Namespace | Should -Contain $name
        $attachment = Get-ShmAttachment -ProcessId $space.Id | Select-Object -First 1
        ($attachment | Get-ShmNamespace).Namespace | Should -Contain $name
        (Get-ShmNamespace $name).ProcessIds | Should -Be $space.Id
        (Get-ShmNamespace $name | Get-ShmNamespace).Namespace | Should -Be $name
    }

    It 'never tells root to be root' {
        # Warnings come once in a session.
        $said = pwsh -NoProfile -Command "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'
            `$null = Get-ShmNamespace -WarningVariable w 3> `$null; `$w | ForEach-Object Message" | Out-String
        $said | Should -Not -Match 'as root to'
    }

    It 'stays what it is through a job and JSON' {
        $there = Get-ShmNamespace (Get-IpcName $space.Id)
        $text = [Management.Automation.PSSerializer]::Serialize($there)
        $back = [Management.Automation.PSSerializer]::Deserialize($text)
        $back | Should -BeOfType PSSharedMemory.ShmNamespace
        $back.ProcessIds | Should -Be $space.Id
        ($back | Get-ShmSegment).Id | Should -Be $id
    }

    It 'errors on <Text> with <ErrorId> and goes on' -ForEach @(
        @{ Text = 'no-such-pod'; ErrorId = 'NameNotFound' }
        @{ Text = '0123456789abcdef'; ErrorId = 'NameNotFound' }
        @{ Text = 'ipc:[1]'; ErrorId = 'NameNotFound' }
        @{ Text = '4194305'; ErrorId = 'NoProcessFoundForGivenId' }
        @{ Text = "`e[31mred"; ErrorId = 'NameNotFound' }
    ) {
        $found = Get-ShmNamespace $Text, $space.Id -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed | Should -HaveCount 1
        $failed[0].FullyQualifiedErrorId | Should -BeExactly "$ErrorId,PSSharedMemory.Commands.GetShmNamespaceCommand"
        ($failed[0] | Out-String) | Should -Not -Match "`e\[31mred"
        $found.Namespace | Should -Contain (Get-IpcName $space.Id)
    }

    It 'takes nothing that is no namespace' {
        { Get-ShmNamespace @{ a = 1 } -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
        { Get-ShmNamespace 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'NameNotFound,*'
    }

    It 'does not take a later process with the same id for the one that was listed' {
        $attachment = Get-ShmAttachment -ProcessId $space.Id | Select-Object -First 1
        $other = $attachment | ConvertTo-Json -Depth 4 | ConvertFrom-Json
        $other.ProcessStartTicks = $attachment.ProcessStartTicks + 1
        $later = [Management.Automation.LanguagePrimitives]::ConvertTo($other, [PSSharedMemory.ShmAttachment])
        { Get-ShmNamespace $later -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }
}

Describe 'An IPC namespace without processes' -Tag Root -Skip:$closed {
    It 'is found, read and emptied by the mount that keeps it' {
        $file = "$TestDrive/kept"
        $null = New-Item $file
        $made = & unshare "--ipc=$file" perl -e 'print $i = shmget(0x50d1, 4096, 01600); shmwrite($i, "kept", 0, 4)'
        try {
            $place = Get-ShmNamespace -WarningAction Ignore | Where-Object MountPoint -CEQ $file
            $place.ProcessIds | Should -BeNullOrEmpty
            $place.SegmentCount | Should -Be 1
            $segment = Get-ShmSegment -Namespace $place
            $segment.Id | Should -Be $made
            $segment | Read-ShmData -As CString | Should -BeExactly kept
            Get-ShmSegment -Key 0x50d1 -ErrorAction Ignore | Should -BeNullOrEmpty
            (Find-ShmOrphan -Namespace $place -OlderThan 0s).Key | Should -Be 0x50d1
            $segment | Remove-ShmSegment
            & nsenter "--ipc=$file" ipcs -m | Should -Not -Match '50d1'
        }
        finally { & umount $file }
        { $segment | Get-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }
}

Describe 'A namespace that ends' -Tag Root -Skip:$closed {
    It 'is an error where it was asked for, and left out of all' {
        $space = Start-Space
        $place = Get-ShmNamespace (Get-IpcName $space.Id)
        $null = Send-Peer $space 'shmget 0x5072 4096'
        $segment = $place | Get-ShmSegment
        $segment | Should -HaveCount 1
        $null = Stop-Peer $space
        { $place | Get-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        { Get-ShmSegment -Namespace $place -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        { $segment | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        { $segment | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        # The number may be another's by now; the id never is.
        Get-ShmNamespace -WarningAction Ignore | Where-Object Namespace -EQ $place.Namespace |
            Where-Object { $null -eq $_.NamespaceId -or $_.NamespaceId -eq $place.NamespaceId } |
            Should -BeNullOrEmpty
    }

    It 'never answers for one that got its inode' {
        # The kernel gives the inode of a namespace away as soon as it has ended.
        $space = Start-Space -IpcOnly
        $id = [int] (Send-Peer $space 'shmget 0x5073 4096')
        $old = Get-ShmSegment -Namespace $space.Id -Id $id
        $null = Stop-Peer $space
        $others = @()
        try {
            foreach ($i in 1..30) {
                $others += Start-Space -IpcOnly
                $null = Send-Peer $others[-1] 'shmget 0x5073 4096'
                if ((Get-IpcName $others[-1].Id) -ceq $old.Namespace) { break }
            }
            if ((Get-IpcName $others[-1].Id) -cne $old.Namespace) {
                Set-ItResult -Skipped -Because 'the inode was not given again'
            }
            { $old | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
            Get-TableThere $others[-1].Id | Should -HaveCount 1
        }
        finally { $others | ForEach-Object { $null = Stop-Peer $_ } }
    }

    It 'may end at any moment while all are read' {
        $all = 1..3 | ForEach-Object { Start-Space }
        $all | ForEach-Object { $null = Send-Peer $_ 'shmget 0 4096' }
        $reader = [PowerShell]::Create()
        try {
            $null = $reader.AddScript({
                    param($module)
                    Import-Module $module
                    foreach ($i in 1..15) { Get-ShmSegment -Namespace * -WarningAction Ignore -ErrorAction Stop }
                }).AddArgument((Get-Module PSSharedMemory).Path)
            $running = $reader.BeginInvoke()
            $all | ForEach-Object { $null = Stop-Peer $_ -Kill }
            $reader.EndInvoke($running).Count | Should -BeGreaterOrEqual 0
            $reader.Streams.Error | Should -BeNullOrEmpty
        }
        finally { $reader.Dispose() }
    }
}

Describe 'Containers by their control groups' -Tag Root -Skip:($closed -or -not $grouped) {
    BeforeAll {
        # A group named as docker and the kubelet would, without either.
        $id = ([Guid]::NewGuid().ToString('N') * 2)
        $uid = [Guid]::NewGuid().ToString()
        $folder = "$(Get-GroupFolder)/pst-$PID"
        $group = "$folder/kubepods-pod$($uid.Replace('-', '_')).slice/cri-containerd-$id.scope"
        $null = New-Item $group -ItemType Directory -Force
        $hostile = "pst`e[31mred"
        $space = Start-Space -Option '--uts'
        Set-Content "$group/cgroup.procs" "$($space.Id)" -NoNewline
        & nsenter --target $space.Id --uts hostname pst-web-0
        $null = Send-Peer $space 'shmget 0x50b1 4096'
    }

    AfterAll {
        $null = Stop-Peer $space
        foreach ($path in $group, [IO.Path]::GetDirectoryName($group), $folder) {
            # Empty once the kernel has seen the process off.
            foreach ($try in 1..50) {
                try { [IO.Directory]::Delete($path); break } catch { Start-Sleep -Milliseconds 20 }
            }
        }
    }

    It 'have id, runtime and pod, and are found by them' {
        foreach ($name in $id, $id.Substring(0, 16), 'pst-web-0', $uid) {
            $found = Get-ShmNamespace $name | Where-Object Kind -EQ SysV
            $found.Namespace | Should -BeExactly (Get-IpcName $space.Id)
            $found.Container | Should -BeExactly $id
            $found.Runtime | Should -BeExactly containerd
            $found.Pod | Should -BeExactly pst-web-0
            $found.PodId | Should -BeExactly $uid
        }
        (Get-ShmSegment -Namespace pst-web-0).Key | Should -Be 0x50b1
    }

    It 'are completed' {
        $offered = (TabExpansion2 'Get-ShmSegment -Namespace pst-w' -cursorColumn 31).CompletionMatches.CompletionText
        $offered | Should -Contain pst-web-0
        $line = "Get-ShmNamespace $($id.Substring(0, 8))"
        $offered = (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText
        $offered | Should -Contain $id.Substring(0, 12)
    }

    It 'name themselves as they like, and no terminal acts on it' {
        & nsenter --target $space.Id --uts sh -c 'printf %s "$0" >/proc/sys/kernel/hostname' $hostile
        try {
            $place = Get-ShmNamespace $id
            $place[0].Pod | Should -BeExactly $hostile
            $place | Format-Table | Out-String | Should -Not -Match "`e\[31mred"
            $place | Format-List | Out-String | Should -Not -Match "`e\[31mred"
            $offered = (TabExpansion2 'Get-ShmNamespace pst' -cursorColumn 20).CompletionMatches
            "$($offered.ListItemText) $($offered.ToolTip)" | Should -Not -Match "`e"
        }
        finally { & nsenter --target $space.Id --uts hostname pst-web-0 }
    }

    It 'that have one name are told apart' {
        $other = Start-Space -Option '--uts'
        $pod = [Guid]::NewGuid().ToString().Replace('-', '_')
        $second = "$folder/kubepods-pod$pod.slice/crio-$([Guid]::NewGuid().ToString('N') * 2).scope"
        $null = [IO.Directory]::CreateDirectory($second)
        try {
            Set-Content "$second/cgroup.procs" "$($other.Id)" -NoNewline
            & nsenter --target $other.Id --uts hostname pst-web-0
            { Get-ShmSegment -Namespace pst-web-0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
            (Get-ShmNamespace $uid | Where-Object Kind -EQ SysV).Namespace | Should -BeExactly (Get-IpcName $space.Id)
        }
        finally {
            $null = Stop-Peer $other
            foreach ($path in $second, [IO.Path]::GetDirectoryName($second)) {
                foreach ($try in 1..50) {
                    try { [IO.Directory]::Delete($path); break } catch { Start-Sleep -Milliseconds 20 }
                }
            }
        }
    }
}
