# One bad item among good ones: every cmdlet that takes items, whatever they are, serves the others and names the
# condition.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $cmdlets = Get-Command -Module PSSharedMemory -CommandType Cmdlet | Where-Object {
        $_.ParameterSets.Parameters | Where-Object { $_.ValueFromPipeline -or $_.ValueFromPipelineByPropertyName }
    } | ForEach-Object { @{ Cmdlet = $_.Name } }
}

BeforeAll {
    $module = (Resolve-Path "$PSScriptRoot/../../out/PSSharedMemory").Path
    Import-Module $module
    . "$PSScriptRoot/AnyCmdlet.ps1"
    $good = "/pst-bad-$PID-a", "/pst-bad-$PID-b"
    $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-bad-')
    $space = New-CmdletHost $module
    $script:compared = [Collections.Generic.HashSet[string]]::new()

    # What is bad for others is a name to New-ShmSegment and the like.
    function Remove-Made {
        Remove-Item "/dev/shm/pst-bad-$PID-*" -Force
        Remove-Item -LiteralPath /dev/shm/pst-bad-none, '/dev/shm/x[', '/dev/shm/[' -Force -ErrorAction Ignore
    }

    # Both as they are at first: a mutex, a semaphore and bytes in each.
    function Reset-Good {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-Made
        [IO.Directory]::GetFileSystemEntries($folder) | ForEach-Object { Remove-Item $_ -Recurse -Force }
        foreach ($name in $good) {
            $mapping = New-ShmSegment $name -Size 4096 -Mount
            $null = New-ShmMutex $mapping 1024
            $null = New-ShmSemaphore $mapping 2048 -InitialCount 1
            $mapping.Dispose()
        }
    }

    # What is there of both: what foreign eyes see, and what is mounted.
    function Get-State {
        foreach ($name in $good) {
            if (Test-Path "/dev/shm$name") {
                "$([IO.FileInfo]::new("/dev/shm$name").Length) $([IO.File]::GetUnixFileMode("/dev/shm$name")) $([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([IO.File]::ReadAllBytes("/dev/shm$name"))))"
            } else { 'gone' }
        }
        "$(@(Get-ShmMapping).Count) mounted, $([IO.Directory]::GetFileSystemEntries($folder).Count) files"
    }

    function Invoke-Items([string] $Cmdlet, [object[]] $Items) {
        Reset-Good
        $with = Get-CmdletArgument $Cmdlet $folder $good[0]
        # What works on mappings gets these; a bad item stays what it is.
        $parameters = (Get-Command $Cmdlet).Parameters
        if (-not $parameters.ContainsKey('Name') -and $parameters.ContainsKey('Mapping')) {
            $Items = @($Items | ForEach-Object { if ($good -ccontains $_) { Mount-ShmSegment $_ } else { , $_ } })
        }
        $said = Invoke-AnyCmdlet $space $Cmdlet $Items $with
        $said | Add-Member State @(Get-State)
        $said
    }
}

AfterAll {
    $space.Dispose()
    Get-ShmMapping | ForEach-Object { $_.Dispose() }
    Remove-Made
    $folder.Delete($true)
}

Describe 'A bad item' {
    It 'in the middle never ends <Cmdlet>, and no undocumented error leaves it' -ForEach $cmdlets {
        $clean = Invoke-Items $Cmdlet $good
        $isServed = -not $clean.Terminated -and $clean.Errors.Count -eq 0
        foreach ($bad in '/pst-bad-none', '/x[', "/a`0b", '', 12345, [PSSharedMemory.ShmSegment]@{},
            [pscustomobject]@{ Kind = 'Posix'; Size = 1; Inode = 1; Device = 1 },
                [pscustomobject]@{ Kind = 'SysV'; Id = -1; Size = 1 }, [pscustomobject]@{ Name = '['; Size = 'x' }) {
            $said = Invoke-Items $Cmdlet ($good[0], $bad, $good[1])
            $said.IsLate | Should -BeFalse -Because "$bad piped to $Cmdlet has its time"
            foreach ($record in @($said.Errors) + @($said.Terminated | Where-Object { $_ })) {
                $record.FullyQualifiedErrorId.Split(',')[0] |
                    Should -BeIn $documentedIds -Because "$bad piped to ${Cmdlet}: $record"
                "$record" | Should -Not -Match '(?<![./])\.\.(\s|$)' -Because 'no sentence ends twice'
            }

            # A bad item has its error; what comes after it is served as if it were not there.
            if ($isServed -and -not $said.Terminated -and $said.Errors.Count -gt 0) {
                $because = "$bad piped to $Cmdlet ends what comes after it"
                $said.Output.Count | Should -BeGreaterOrEqual $clean.Output.Count -Because $because
                $said.State |
                    Should -Be $clean.State -Because "$bad piped to $Cmdlet leaves the others as if it were not there"
                $null = $compared.Add($Cmdlet)
            }
        }
    }

    It 'was compared with none for most cmdlets that take items' {
        $compared.Count | Should -BeGreaterThan 30
        foreach ($one in 'Remove-ShmSegment', 'Resize-ShmSegment', 'Set-ShmSegment', 'Write-ShmData', 'Clear-ShmData',
            'Mount-ShmSegment', 'Export-ShmSegment') {
            $compared | Should -Contain $one
        }
    }

    It 'never ends the next: <Id> of <Command>' -ForEach @(
        @{ Id = 'SegmentNotFound'; Command = { '/x[', $good[0] | Get-ShmSegment } }
        @{ Id = 'DriveNotFound'; Command = { Export-ShmSegment $good[0] -Path nodrive:\x; $good[0] | Get-ShmSegment } }
        @{
            Id = 'NotSupportedByKind'
            Command = { Copy-ShmData -Path Env:PATH -DestinationName $good[0]; $good[0] | Get-ShmSegment }
        }
        @{
            Id = 'InvalidName'
            Command = { Export-ShmSegment $good[0] -Path "$folder/a`0b"; $good[0] | Get-ShmSegment }
        }
        @{
            Id = 'InvalidName'
            Command = { Copy-ShmData -Path "a`0b" -DestinationName $good[0]; $good[0] | Get-ShmSegment }
        }
        @{
            Id = 'InvalidName'
            Command = { Import-ShmSegment "$folder/a`0b", "$folder/none" ; $good[0] | Get-ShmSegment }
        }
        @{
            Id = 'InvalidKey'
            Command = { New-ShmSegment -Path "a`0b" -ProjectId 1 -Size 1; $good[0] | Get-ShmSegment }
        }
        @{
            Id = 'InvalidSize'
            Command = { New-ShmSegment -Anonymous -Size 4096 -HugePageSize 1; $good[0] | Get-ShmSegment }
        }
    ) {
        Reset-Good
        $failed = $null
        $served = . { & $Command } -ErrorVariable failed 2>&1
        @($served | Where-Object { $_ -is [PSSharedMemory.ShmSegment] }).Count | Should -Be 1
        @($served |
            Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })[0].FullyQualifiedErrorId.Split(',')[0] |
            Should -Be $Id
    }
}
