# For tests that try every cmdlet of the module: dot-source this in BeforeAll.

# What a cmdlet has to be given besides its target, to do its work quickly and without a question: FOLDER is a folder,
# FIRST a segment of 4 KB or more. A mutex is at 1024, a semaphore at 2048; new ones have room at 512 and 768.
$cmdletArguments = @{
    'Resize-ShmSegment' = @{ Size = 8192; Force = $true }
    'Export-ShmSegment' = @{ Path = 'FOLDER'; Force = $true }
    'New-ShmSegment' = @{ Size = 4096 }
    'Mount-ShmSegment' = @{ TimeoutSec = 0.1 }
    'Wait-ShmSegment' = @{ TimeoutSec = 0.1 }
    'Wait-ShmValue' = @{ NotEqual = 77; TimeoutSec = 0.1 }
    'Update-ShmValue' = @{ Add = 1 }; 'Write-ShmData' = @{ Value = 42 }; 'Search-ShmData' = @{ Pattern = 'x' }
    'Set-ShmSegment' = @{ Mode = '0640' }
    'Clear-ShmData' = @{ Pattern = [byte[]](1, 2) }
    'Read-ShmData' = @{ Count = 4 }
    'Copy-ShmData' = @{ DestinationPath = 'FOLDER/copy'; Force = $true }
    'Compare-ShmData' = @{ DifferenceName = 'FIRST' }
    'Set-ShmAdvice' = @{ Advice = 'WillNeed' }; 'Set-ShmProtection' = @{ Protection = 'Read' }
    'New-ShmMutex' = @{ Offset = 512 }
    'Lock-ShmMutex' = @{ Offset = 1024; ScriptBlock = { }; TimeoutSec = 0.1 }
    'Get-ShmMutex' = @{ Offset = 1024 }
    'Unlock-ShmMutex' = @{ Offset = 1024 }
    'New-ShmSemaphore' = @{ Offset = 768; InitialCount = 1 }
    'Get-ShmSemaphore' = @{ Offset = 2048 }
    'Enter-ShmSemaphore' = @{ Offset = 2048; TimeoutSec = 0.1 }; 'Exit-ShmSemaphore' = @{ Offset = 2048 }
    'Receive-ShmMessage' = @{ TimeoutSec = 0.1 }; 'Send-ShmMessage' = @{ InputObject = 1; TimeoutSec = 0.1 }
    'Measure-ShmLeak' = @{ ScriptBlock = { } }; 'New-ShmType' = @{ Definition = 'struct s { int i; };' }
    'Start-ShmProcess' = @{ FilePath = 'true'; Descriptor = 5; Wait = $true }
    'Trace-ShmCall' = @{ FilePath = 'true'; TimeoutSec = 2 }
    'New-ShmQueue' = @{ Capacity = 64KB }
    'New-ShmDictionary' = @{ Capacity = 64KB }
    'New-ShmArena' = @{ Force = $true }
    'New-ShmList' = @{ Force = $true }
    'Wait-ShmDictionaryKey' = @{ TimeoutSec = 0.1 }
    'Watch-ShmEvent' = @{ TimeoutSec = 0.1 }
    'Watch-ShmStat' = @{ Count = 1 }
    'Add-ShmListItem' = @{ Value = 1 }
}

# The arguments of a cmdlet, with that folder and that segment.
function Get-CmdletArgument([string] $Cmdlet, [string] $Folder, [string] $First) {
    $with = @{}
    foreach ($pair in ($cmdletArguments[$Cmdlet] ?? @{}).GetEnumerator()) {
        $with[$pair.Key] = $pair.Value
        if ($pair.Value -is [string]) {
            $with[$pair.Key] = $pair.Value.Replace('FOLDER', $Folder).Replace('FIRST', $First)
        }
    }
    $with
}

# The ids that the module and PowerShell have; a binder's refusal of one item is an error of that item too.
$documentedIds = @([Enum]::GetNames([PSSharedMemory.ShmErrorId])) + 'PathNotFound', 'NoClobber',
    'NoProcessFoundForGivenId', 'NameNotFound',
    'DriveNotFound', 'AmbiguousParameterSet', 'InputObjectNotBound', 'InputObjectMissingMandatory',
    'NamedParameterNotFound',
    'MissingMandatoryParameter', 'MissingArgument', 'PositionalParameterNotFound', 'ParameterArgumentValidationError',
    'ParameterArgumentValidationErrorNullNotAllowed', 'ParameterArgumentValidationErrorEmptyStringNotAllowed',
    'ParameterArgumentValidationErrorEmptyArrayNotAllowed', 'ParameterArgumentTransformationError',
    'CannotConvertArgumentNoMessage',
    'CannotConvertArgument', 'PSInvalidCastException', 'ConvertToFinalInvalidCastException', 'RuntimeException',
    'ActionCannotBeFalse', 'WildcardPattern_Invalid', 'NativeCommandFailed', 'NoMetric', 'InvalidLabel',
    'PesterNotLoaded', 'CommandNotFoundException'

# A runspace of its own for cmdlets that might hang: each call has its time, and is stopped after it.
function New-CmdletHost([string] $Module) {
    $state = [initialsessionstate]::CreateDefault2()
    $state.ImportPSModule($Module)
    $space = [runspacefactory]::CreateRunspace($state)
    $space.Open()
    $space
}

# What a cmdlet gave and said, items piped to it. IsHung: it did not end within the time, by itself or by Stop.
function Invoke-AnyCmdlet($Space, [string] $Cmdlet, [object[]] $Items, [hashtable] $With, [double] $TimeoutSec = 30) {
    $shell = [powershell]::Create()
    $shell.Runspace = $Space
    $null = $shell.AddScript('param($Cmdlet, $Items, $With)
        $ProgressPreference = $WarningPreference = "SilentlyContinue"; $InformationPreference = "Ignore"
        $ConfirmPreference = "None"; $PSModuleAutoLoadingPreference = "None"
        if ($null -ne $Items) { $Items | & $Cmdlet @With } else { & $Cmdlet @With }')
    $null = $shell.AddArgument($Cmdlet).AddArgument($Items).AddArgument($With)
    $output = [Management.Automation.PSDataCollection[psobject]]::new()
    $run = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
    $isLate = -not $run.AsyncWaitHandle.WaitOne([int]($TimeoutSec * 1000))
    $isHung = $isLate -and -not $shell.BeginStop($null, $null).AsyncWaitHandle.WaitOne(3000)
    $ended = $null
    if (-not $isLate) {
        try { $null = $shell.EndInvoke($run) }
        catch {
            $ended = $_.Exception.InnerException.ErrorRecord ?? $_.Exception.GetBaseException().ErrorRecord ?? $_
        }
    }
    $said = @($shell.Streams.Error)
    [pscustomobject]@{ Output = @($output); Errors = $said; Terminated = $ended; IsLate = $isLate; IsHung = $isHung }
    if (-not $isHung) { $shell.Dispose() }
}
