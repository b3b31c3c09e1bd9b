# What Register-ShmShouldOperator runs: the tests once, as a module of their own, and both of Pester's styles over them.
# Each test gives Succeeded and FailureMessage. What is not a segment at all fails with and without -Not: a name with a
# typing error must not pass as one that does not exist.
[Diagnostics.CodeAnalysis.SuppressMessageAttribute(
    'PSUseApprovedVerbs', '', Justification = "Pester's own assertions are named Should-*.")]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute(
    'PSUseProcessBlockForPipelineCommand', '', Justification = 'The end knows whether nothing came, which fails too.')]
param()

New-Module -Name PSSharedMemory.Should -ScriptBlock {
    function New-Result([bool] $Succeeded, [string] $Message, [string] $Because) {
        if ($Because) { $Message = $Message.TrimEnd('.') + ", because $Because." }
        [pscustomobject] @{ Succeeded = $Succeeded; FailureMessage = $Message }
    }

    # The segment of now, or why there is none.
    function Find-Segment($Actual) {
        try {
            $target = if ($Actual -is [int] -or $Actual -is [long]) { @{ Id = $Actual } } else { $Actual }
            @{ Segment = PSSharedMemory\Get-ShmSegment -InputObject $target -ErrorAction Stop; IsMissing = $false }
        }
        catch {
            $id = ($_.FullyQualifiedErrorId -split ',')[0]
            @{ Segment = $null; IsMissing = $id -in 'SegmentNotFound', 'IdentityChanged'; Message = "$_" }
        }
    }

    function Get-Label($Actual) { if ($null -eq $Actual) { '$null' } else { "$Actual" } }

    function Test-Exist($Actual, [bool] $Negate, [string] $Because) {
        $found = Find-Segment $Actual
        $label = Get-Label $Actual
        # '/orders*' that matches something must not pass as a name that nothing has.
        if ($found.IsMissing -and $Actual -is [string] -and
            [WildcardPattern]::ContainsWildcardCharacters($Actual)) {
            $found.Segment = PSSharedMemory\Get-ShmSegment -Name $Actual -ErrorAction Ignore
        }
        if (-not $found.Segment -and -not $found.IsMissing) {
            $message = if ($null -eq $Actual) { 'Expected a segment to look for, but got $null.' } else {
                "Expected a segment to look for: $($found.Message)"
            }
            return New-Result $false $message $Because
        }
        $not = if ($Negate) { 'not ' }
        New-Result (
            ([bool] $found.Segment) -ne $Negate) "Expected the shared memory segment $label ${not}to exist." $Because
    }

    function Test-Property($Actual, $Expected, [bool] $Negate, [string] $Because, [string] $What, [scriptblock] $Read,
        [scriptblock] $IsEqual) {
        $found = Find-Segment $Actual
        $label = Get-Label $Actual
        if (-not $found.Segment) {
            return New-Result $false "Expected $label to have $What $Expected, but it cannot be found: $($found.Message)" $Because
        }
        try { $value = & $Read $found.Segment; $same = [bool] (& $IsEqual $value $Expected) }
        catch { return New-Result $false "Expected $label to have $What ${Expected}: $_" $Because }
        $not = if ($Negate) { 'not ' }
        New-Result ($same -ne $Negate) "Expected $label ${not}to have $What $Expected, but it has $value." $Because
    }

    function Test-Holder($Actual, [int] $Expected, [bool] $Negate, [string] $Because) {
        $found = Find-Segment $Actual
        $label = Get-Label $Actual
        $processes = if ($Expected -eq 1) { 'process' } else { 'processes' }
        if (-not $found.Segment) {
            return New-Result $false "Expected $label to be held by $Expected $processes, but it cannot be found: $($found.Message)" $Because
        }
        $stat = PSSharedMemory\Get-ShmStat -InputObject $found.Segment -ErrorAction Stop
        $count = if ($null -eq $stat.HolderCount) { 'an unknown number' } else { $stat.HolderCount }
        $succeeded = ($null -ne $stat.HolderCount) -and (($stat.HolderCount -eq $Expected) -ne $Negate)
        $not = if ($Negate) { 'other than ' }
        $because = if ($Because) { ", because $Because" }
        New-Result $succeeded "Expected $label to be held by $not$Expected $processes$because, but it is held by $count. $($stat.Evidence)"
    }

    # 2, '2s', '500ms' or a TimeSpan.
    function Get-Second($Within) {
        if ($Within -is [timespan]) { $Within.TotalSeconds }
        elseif ("$Within" -match '^([\d.]+) ?ms$') { [double] $Matches[1] / 1000 }
        elseif ("$Within" -match '^([\d.]+) ?s$') { [double] $Matches[1] }
        else { [double] $Within }
    }

    function Test-Value($Actual, $Expected, [hashtable] $Reading, $Within, [bool] $Negate, [string] $Because) {
        $Within = Get-Second $Within
        $label = Get-Label $Actual
        $target = if ($Actual -is [int] -or $Actual -is [long]) { @{ Id = $Actual } } else { $Actual }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $not = if ($Negate) { 'not ' }
        while ($true) {
            try {
                $value = @(PSSharedMemory\Read-ShmData -InputObject $target @Reading -ErrorAction Stop) |
                    ForEach-Object { $_ }
            }
            catch { return New-Result $false "Expected $label to hold $Expected, but it cannot be read: $_" $Because }
            $isEqual = (@($value).Count -eq @($Expected).Count) -and
                (@($value) -join "`0") -ceq (@($Expected) -join "`0")
            if ($isEqual -ne $Negate -or $clock.Elapsed.TotalSeconds -ge $Within) {
                $after = if ($Within -gt 0) { " after $Within s" }
                return New-Result ($isEqual -ne $Negate) "Expected $label ${not}to hold $Expected, but$after it holds $value." $Because
            }
            [Threading.Thread]::Sleep(5)
        }
    }

    function Test-Leak($Actual, [bool] $Negate, [string] $Because) {
        if ($Actual -isnot [scriptblock]) {
            return New-Result $false "Expected a script block, but got $(Get-Label $Actual)." $Because
        }
        $leaks = @(PSSharedMemory\Measure-ShmLeak -ScriptBlock $Actual)
        $wanted = if ($Negate) { 'not to leave' } else { 'to leave' }
        $left = if ($leaks) { $leaks -join '; ' } else { 'nothing' }
        New-Result (
            ($leaks.Count -gt 0) -ne $Negate) "Expected the block $wanted shared memory behind, but it left $left." $Because
    }

    # Both as ls shows them: PowerShell has read 0640 as the number 640.
    function Test-Mode($Actual, $Expected, [bool] $Negate, [string] $Because) {
        try { $PSBoundParameters.Expected = [PSSharedMemory.Commands.ModeArgument]::Normalize($Expected) }
        catch { return New-Result $false "$($_.Exception.InnerException.Message)" $Because }
        Test-Property @PSBoundParameters -What mode -Read { $args[0].UnixMode } -IsEqual { $args[0] -eq $args[1] }
    }

    function Test-Size($Actual, [string] $Expected, [bool] $Negate, [string] $Because) {
        $bytes = [PSSharedMemory.Commands.ByteCountAttribute]::new().Transform($null, $Expected) -as [long]
        if ($null -eq $bytes) { return New-Result $false "'$Expected' isn't a size. Use 4096, 4KB or '4 KB'." $Because }
        $PSBoundParameters.Expected = $bytes
        Test-Property @PSBoundParameters -What size -Read { $args[0].Size } -IsEqual { $args[0] -eq $args[1] }
    }

    function Test-Owner($Actual, $Expected, [bool] $Negate, [string] $Because) {
        Test-Property @PSBoundParameters -What owner -Read { $args[0].Owner } -IsEqual {
            $args[0] -ceq "$($args[1])" -or
                "$((PSSharedMemory\Get-ShmSegment -InputObject $Actual -ErrorAction Stop).UserId)" -eq "$($args[1])"
        }
    }

    # Tests what was piped, each, or else the argument: $null where nothing came, so that an empty pipeline fails.
    function Assert-Each($Invocation, $Piped, $Argument, [scriptblock] $Test) {
        $items = @($Piped)
        if (-not $Invocation.ExpectingInput) { $items = , $Argument }
        elseif ($items.Count -eq 0) { $items = , $null }
        foreach ($item in $items) {
            $result = & $Test $item
            if (-not $result.Succeeded) {
                throw [Pester.Factory]::CreateShouldErrorRecord($result.FailureMessage, $Invocation.ScriptName,
                    $Invocation.ScriptLineNumber, $Invocation.Line.TrimEnd(), $true)
            }
        }
    }

    Export-ModuleMember -Function Test-*, Assert-Each
} | Import-Module -Global -Prefix ShmShould -Force -DisableNameChecking

# Pester has room for 32 operators, and brings 26: what other modules have taken is told, and the functions below
# remain.
function Add-ShmOperator([string] $Name, [scriptblock] $Test) {
    try { Add-ShouldOperator -Name $Name -InternalName $Name -Test $Test }
    catch { Write-Warning "Should -$Name isn't registered: $_ Should-$Name and the like work without an operator." }
}

Add-ShmOperator ExistAsShm {
    param($ActualValue, [switch] $Negate, [string] $Because, $CallerSessionState)
    Test-ShmShouldExist $ActualValue $Negate $Because
}
Add-ShmOperator HaveShmHolder {
    param($ActualValue, [int] $ExpectedCount, [switch] $Negate, [string] $Because, $CallerSessionState)
    Test-ShmShouldHolder $ActualValue $ExpectedCount $Negate $Because
}
Add-ShmOperator HaveShmMode {
    param($ActualValue, $ExpectedMode, [switch] $Negate, [string] $Because, $CallerSessionState)
    Test-ShmShouldMode $ActualValue $ExpectedMode $Negate $Because
}
Add-ShmOperator HaveShmOwner {
    param($ActualValue, $ExpectedOwner, [switch] $Negate, [string] $Because, $CallerSessionState)
    Test-ShmShouldOwner $ActualValue $ExpectedOwner $Negate $Because
}
Add-ShmOperator HaveShmValue {
    param($ActualValue, $ExpectedValue, $As, [string] $Field, [long] $Offset, [long] $Count, $Within,
        [switch] $Negate, [string] $Because, $CallerSessionState)
    $reading = @{ As = if ($As) { $As } else { 'Int32' }; Offset = $Offset }
    if ($Field) { $reading.Field = $Field }
    if ($Count) { $reading.Count = $Count }
    Test-ShmShouldValue $ActualValue $ExpectedValue $reading $Within $Negate $Because
}
Add-ShmOperator LeakShm {
    param($ActualValue, [switch] $Negate, [string] $Because, $CallerSessionState)
    Test-ShmShouldLeak $ActualValue $Negate $Because
}

# Pester 6's own style: each takes the actual value from the pipeline or as its last argument.
function global:Should-ExistShm {
    param([Parameter(Position = 0, ValueFromPipeline)] $Actual, [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldExist $args[0] $false $Because }
}
function global:Should-NotExistShm {
    param([Parameter(Position = 0, ValueFromPipeline)] $Actual, [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldExist $args[0] $true $Because }
}
function global:Should-HaveShmHolder {
    param([Parameter(Position = 0, Mandatory)] [int] $Expected, [Parameter(Position = 1, ValueFromPipeline)] $Actual,
        [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldHolder $args[0] $Expected $false $Because }
}
function global:Should-HaveShmMode {
    param([Parameter(Position = 0, Mandatory)] $Expected, [Parameter(Position = 1, ValueFromPipeline)] $Actual,
        [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldMode $args[0] $Expected $false $Because }
}
function global:Should-HaveShmOwner {
    param([Parameter(Position = 0, Mandatory)] $Expected, [Parameter(Position = 1, ValueFromPipeline)] $Actual,
        [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldOwner $args[0] $Expected $false $Because }
}
function global:Should-HaveShmSize {
    param([Parameter(Position = 0, Mandatory)] $Expected, [Parameter(Position = 1, ValueFromPipeline)] $Actual,
        [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldSize $args[0] $Expected $false $Because }
}
function global:Should-HaveShmValue {
    param(
        [Parameter(Position = 0, Mandatory)] $Expected, [Parameter(Position = 1, ValueFromPipeline)] $Actual,
        $As = 'Int32', [string] $Field, [long] $Offset, [long] $Count, $Within, [string] $Because)
    $reading = @{ As = $As; Offset = $Offset }
    if ($Field) { $reading.Field = $Field }
    if ($Count) { $reading.Count = $Count }
    Assert-ShmShouldEach $MyInvocation $input $Actual {
        Test-ShmShouldValue $args[0] $Expected $reading $Within $false $Because
    }
}
function global:Should-LeakShm {
    param([Parameter(Position = 0, ValueFromPipeline)] $Actual, [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldLeak $args[0] $false $Because }
}
function global:Should-NotLeakShm {
    param([Parameter(Position = 0, ValueFromPipeline)] $Actual, [string] $Because)
    Assert-ShmShouldEach $MyInvocation $input $Actual { Test-ShmShouldLeak $args[0] $true $Because }
}
