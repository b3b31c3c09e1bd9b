BeforeAll {
    Import-Module (Convert-Path "$PSScriptRoot/../../out/PSSharedMemory") -Force
    . $PSScriptRoot/Peers.ps1
    $name = '/pst-after-' + [guid]::NewGuid().ToString('N')

    function Get-Area([long] $Address) {
        @(Get-Content /proc/self/maps | Where-Object { $_ -like ('{0:x}-*' -f $Address) })
    }
}

Describe 'A mapping of a <Kind> segment that is gone' -ForEach @(
    @{ Kind = 'SysV' }, @{ Kind = 'Posix' }, @{ Kind = 'MemFd' }) {
    BeforeEach {
        $segment = switch ($Kind) {
            'SysV' { New-ShmSegment -Private -Size 64KB }
            'Posix' { New-ShmSegment $name -Size 64KB }
            'MemFd' { New-ShmSegment -Anonymous -Label pst-after -Size 64KB }
        }
        $mapping = $segment | Mount-ShmSegment
    }
    AfterEach {
        $mapping.Dispose()
        if ($Kind -ne 'MemFd') { $segment | Remove-ShmSegment }
        $segment = $mapping = $null
    }

    It 'refuses everything with MappingDismounted' {
        $reader, $writer, $address = $mapping.Reader, $mapping.Writer, $mapping.Address
        Get-Area $address | Should -HaveCount 1
        $mapping | Dismount-ShmSegment
        Get-Area $address | Should -HaveCount 0
        $mapping.IsMounted | Should -BeFalse
        Get-ShmMapping | ForEach-Object { [object]::ReferenceEquals($_, $mapping) | Should -BeFalse }

        { Read-ShmData $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted,*'
        { Write-ShmData $mapping 1 -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted,*'
        { Set-ShmProtection $mapping -Protection Read -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted,*'
        { Dismount-ShmSegment $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted,*'
        { $mapping | Start-ShmProcess true -EnvironmentVariable X -ErrorAction Stop } |
            Should -Throw -ErrorId 'MappingDismounted,*'
        foreach ($use in { $reader.ReadInt32(0) }, { $writer.WriteInt32(0, 1) }, { $reader.ReadBytes(0, 0) },
            { $mapping.Protect('Read', 0, 0) }) {
            $problem = $null
            try { $null = & $use } catch { $problem = $_.Exception.GetBaseException() }
            $problem.ErrorId | Should -Be 'MappingDismounted'
        }
    }

    It 'is refused to other threads in the middle of their work' {
        # Each reads in a runspace of its own until it is told that the mapping is gone; nobody waits for them.
        $shells = foreach ($i in 1..4) {
            $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
            $null = $shell.AddScript({
                    param($mapping, $counts, $i)
                    $buffer = [byte[]]::new(1)
                    while ($true) {
                        try {
                            if ($i % 2) { $null = $mapping.Reader.ReadBytes(0, 65536) } else {
                                $mapping.Writer.WriteInt64($i * 8, $counts[$i])
                            }
                            $counts[$i]++
                        }
                        catch { return $_.Exception.GetBaseException().ErrorId.ToString() }
                    }
                }.ToString()).AddArgument($mapping).AddArgument(($counts = $counts ?? [long[]]::new(5))).AddArgument($i)
            [pscustomobject]@{ Shell = $shell; Running = $shell.BeginInvoke() }
        }
        try {
            Wait-Condition { @($counts[1..4] | Where-Object { $_ -gt 20 }).Count -eq 4 } -TimeoutSec 60
            $mapping | Dismount-ShmSegment
            foreach ($each in $shells) {
                $each.Running.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
                $each.Shell.EndInvoke($each.Running) | Should -Be 'MappingDismounted'
            }
        }
        finally { $shells | ForEach-Object { $_.Shell.Dispose() } }
    }

    It 'does not reach what took its place' {
        $address = $mapping.Address
        $other = New-ShmSegment -Private -Size 64KB
        try {
            $new = $other | Mount-ShmSegment -Address $address -Replace -Force
            $new.Address | Should -Be $address
            $new.Writer.WriteInt32(0, 77)
            { Write-ShmData $mapping 1 -As Int32 -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted,*'
            $mapping.Dispose()
            $new.Reader.ReadInt32(0) | Should -Be 77
            Get-Area $address | Should -HaveCount 1
            $new | Dismount-ShmSegment
        }
        finally { $other | Remove-ShmSegment }
    }
}

Describe 'A mapping that nobody keeps' {
    It 'is detached by its finalizer' {
        $segment = New-ShmSegment -Private -Size 4096
        try {
            # In a runspace of its own: a variable of this one could live in the engine's caches.
            $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
            $null = $shell.AddScript({
                    param($module, $id)
                    Import-Module $module
                    $mapping = Mount-ShmSegment -Id $id
                    $mapping.Address
                }.ToString()).AddArgument(
                    (Convert-Path "$PSScriptRoot/../../out/PSSharedMemory")).AddArgument($segment.Id)
            $null = $shell.Invoke()
            $shell.HadErrors | Should -BeFalse
            (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 1
            $shell.Runspace.Dispose()
            $shell.Dispose()
            $shell = $null
            Wait-Condition {
                [GC]::Collect()
                [GC]::WaitForPendingFinalizers()
                (ipcs -m -i $segment.Id) -match 'nattch=0'
            }
        }
        finally { $segment | Remove-ShmSegment }
    }
}
