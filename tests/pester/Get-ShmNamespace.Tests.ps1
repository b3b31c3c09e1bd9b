# Namespaces and what is in them. Witnesses are nsenter, the kernel's table there, and the peers' own words.

BeforeDiscovery {
    . "$PSScriptRoot/Spaces.ps1"
    $closed = -not (Test-Space)
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
        (Get-ShmAttachment -ProcessId $space.Id | Select-Object -First 1 | Get-ShmNamespace).Namespace | Should -Contain $name
        (Get-ShmNamespace $name).ProcessIds | Should -Be $space.Id
        (Get-ShmNamespace $name | Get-ShmNamespace).Namespace | Should -Be $name
    }

    It 'stays what it is through a job and JSON' {
        $there = Get-ShmNamespace (Get-IpcName $space.Id)
        $back = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($there))
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
        { Get-ShmNamespace 1.5 -ErrorAction Stop } | Should -Throw -ErrorId '*,PSSharedMemory.Commands.GetShmNamespaceCommand'
    }

    It 'does not take a later process with the same id for the one that was listed' {
        $attachment = Get-ShmAttachment -ProcessId $space.Id | Select-Object -First 1
        $other = $attachment | ConvertTo-Json -Depth 4 | ConvertFrom-Json
        $other.ProcessStartTicks = $attachment.ProcessStartTicks + 1
        $later = [Management.Automation.LanguagePrimitives]::ConvertTo($other, [PSSharedMemory.ShmAttachment])
        { Get-ShmNamespace $later -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
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
        (Get-ShmNamespace -WarningAction Ignore).Namespace | Should -Not -Contain $place.Namespace
    }

    It 'never answers for one that got its inode' {
        # The kernel gives the inode of a namespace away as soon as it has ended.
        $space = Start-Space
        $id = [int] (Send-Peer $space 'shmget 0x5073 4096')
        $old = Get-ShmSegment -Namespace $space.Id -Id $id
        $null = Stop-Peer $space
        $others = @()
        try {
            foreach ($i in 1..20) {
                $others += Start-Space
                $null = Send-Peer $others[-1] 'shmget 0x5073 4096'
                if ((Get-IpcName $others[-1].Id) -ceq $old.Namespace) { break }
            }
            if ((Get-IpcName $others[-1].Id) -cne $old.Namespace) { Set-ItResult -Skipped -Because 'the inode was not given again' }
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
