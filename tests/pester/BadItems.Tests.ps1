# One bad item among good ones: every cmdlet of the module, whatever it is, serves the others and names the condition.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $cmdlets = Get-Command -Module PSSharedMemory -CommandType Cmdlet | ForEach-Object {
        @{ Cmdlet = $_.Name; Changes = $_.Parameters.ContainsKey('WhatIf') }
    }
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $good = "/pst-bad-$PID-a", "/pst-bad-$PID-b"
    $good | ForEach-Object { New-ShmSegment $_ -Size 4096 > $null }
    $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-bad-')

    # What else a cmdlet has to be given, to do its work quickly and without a question.
    $more = @{
        'Resize-ShmSegment' = @{ Size = 8192 }; 'Export-ShmSegment' = @{ Path = "$folder" }; 'New-ShmSegment' = @{ Size = 4096 }
        'Mount-ShmSegment' = @{ TimeoutSec = 0.1 }; 'Wait-ShmSegment' = @{ TimeoutSec = 0.1 }; 'Wait-ShmValue' = @{ Equal = 0; TimeoutSec = 0.1 }
        'Update-ShmValue' = @{ Add = 1 }; 'Write-ShmData' = @{ Value = 1 }; 'Search-ShmData' = @{ Pattern = 'x' }; 'Set-ShmSegment' = @{ Mode = '0600' }
        'Copy-ShmData' = @{ DestinationPath = "$folder/copy"; Force = $true }; 'Compare-ShmData' = @{ DifferenceName = $good[0] }
        'Set-ShmAdvice' = @{ Advice = 'WillNeed' }; 'Set-ShmProtection' = @{ Protection = 'Read' }; 'Lock-ShmMutex' = @{ TimeoutSec = 0.1 }
        'Enter-ShmSemaphore' = @{ TimeoutSec = 0.1 }; 'Receive-ShmMessage' = @{ TimeoutSec = 0.1 }; 'Send-ShmMessage' = @{ InputObject = 1; TimeoutSec = 0.1 }
        'Measure-ShmLeak' = @{ ScriptBlock = { } }; 'New-ShmType' = @{ Definition = 'struct s { int i; };' }
        'Start-ShmProcess' = @{ FilePath = 'true'; Descriptor = 5 }; 'Trace-ShmCall' = @{ FilePath = 'true'; TimeoutSec = 2 }
        'New-ShmQueue' = @{ Capacity = 64KB }; 'New-ShmDictionary' = @{ Capacity = 64KB }
    }

    # The ids that DESIGN and PowerShell have; a binder's refusal of one item is an error of that item too.
    $ids = @([Enum]::GetNames([PSSharedMemory.ShmErrorId])) + 'PathNotFound', 'NoClobber', 'NoProcessFoundForGivenId', 'NameNotFound',
        'DriveNotFound', 'AmbiguousParameterSet', 'InputObjectNotBound', 'InputObjectMissingMandatory', 'NamedParameterNotFound', 'MissingMandatoryParameter',
        'MissingArgument', 'PositionalParameterNotFound', 'ParameterArgumentValidationError', 'ParameterArgumentValidationErrorNullNotAllowed',
        'ParameterArgumentValidationErrorEmptyStringNotAllowed', 'ParameterArgumentTransformationError', 'CannotConvertArgumentNoMessage',
        'RuntimeException', 'ActionCannotBeFalse', 'WildcardPattern_Invalid', 'NativeCommandFailed'

    function Invoke-WithItems([string] $Cmdlet, [object[]] $Items, [hashtable] $With) {
        $failed = $null
        $terminated = $null
        $output = try { @($Items | & $Cmdlet @With -ErrorAction SilentlyContinue -ErrorVariable failed -WarningAction Ignore 6> $null) } catch { $terminated = $_ }
        [pscustomobject]@{
            Output = @($output)
            Errors = @($failed | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })
            Terminated = $terminated
        }
    }
}

AfterAll {
    $good | ForEach-Object { Remove-Item "/dev/shm$_" -ErrorAction Ignore }
    $folder.Delete($true)
}

Describe 'A bad item' {
    It 'in the middle never ends <Cmdlet>, and no undocumented error leaves it' -ForEach $cmdlets {
        $with = ($more[$Cmdlet] ?? @{}).Clone()
        if ($Changes) { $with.WhatIf = $true }
        foreach ($bad in '/pst-none', '/x[', "/a`0b", '', 12345, [PSSharedMemory.ShmSegment]@{}, [pscustomobject]@{ Kind = 'Posix'; Size = 1; Inode = 1; Device = 1 }, [pscustomobject]@{ Name = '['; Size = 'x' }) {
            $said = Invoke-WithItems $Cmdlet ($good[0], $bad, $good[1]) $with
            foreach ($record in @($said.Errors) + @($said.Terminated | Where-Object { $_ })) {
                $record.FullyQualifiedErrorId.Split(',')[0] | Should -BeIn $ids -Because "$bad piped to ${Cmdlet}: $record"
            }

            if (-not $said.Terminated -and -not $Changes -and @($said.Errors).Count -gt 0) {
                $clean = Invoke-WithItems $Cmdlet $good $with
                if (@($clean.Errors).Count -eq 0 -and -not $clean.Terminated) {
                    $said.Output.Count | Should -BeGreaterOrEqual $clean.Output.Count -Because "$bad piped to $Cmdlet ends what comes after it"
                }
            }
        }
    }

    It 'never ends the next: <Id> of <Command>' -ForEach @(
        @{ Id = 'SegmentNotFound'; Command = { '/x[', $good[0] | Get-ShmSegment } }
        @{ Id = 'DriveNotFound'; Command = { Export-ShmSegment $good[0] -Path nodrive:\x; $good[0] | Get-ShmSegment } }
        @{ Id = 'NotSupportedByKind'; Command = { Copy-ShmData -Path Env:PATH -DestinationName $good[0]; $good[0] | Get-ShmSegment } }
        @{ Id = 'InvalidName'; Command = { Export-ShmSegment $good[0] -Path "$folder/a`0b"; $good[0] | Get-ShmSegment } }
        @{ Id = 'InvalidName'; Command = { Copy-ShmData -Path "a`0b" -DestinationName $good[0]; $good[0] | Get-ShmSegment } }
        @{ Id = 'InvalidName'; Command = { Import-ShmSegment "$folder/a`0b", "$folder/none" ; $good[0] | Get-ShmSegment } }
        @{ Id = 'InvalidKey'; Command = { New-ShmSegment -Path "a`0b" -ProjectId 1 -Size 1; $good[0] | Get-ShmSegment } }
        @{ Id = 'InvalidSize'; Command = { New-ShmSegment -Anonymous -Size 4096 -HugePageSize 1; $good[0] | Get-ShmSegment } }
    ) {
        $failed = $null
        $served = . { & $Command } -ErrorVariable failed 2>&1
        @($served | Where-Object { $_ -is [PSSharedMemory.ShmSegment] }).Count | Should -Be 1
        @($served | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] })[0].FullyQualifiedErrorId.Split(',')[0] | Should -Be $Id
    }
}
