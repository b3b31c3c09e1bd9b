using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Gives Pester's Should three operators: HaveShmHolder, ExistAsShm and LeakNoShm. On request only, since most who
/// import the module have no Pester.
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "ShmShouldOperator", SupportsShouldProcess = true)]
public sealed class RegisterShmShouldOperatorCommand : ShmCmdlet
{
    private const string AddOperator = "Add-ShouldOperator";

    // Pester calls these in its own scope, so the module's cmdlets are named in full.
    private const string Script =
        """
        Add-ShouldOperator -Name HaveShmHolder -InternalName HaveShmHolder -Test {
            param($ActualValue, [int] $ExpectedCount, [switch] $Negate, [string] $Because, $CallerSessionState)
            $stat = if ($ActualValue -is [PSSharedMemory.ShmSegment] -or $ActualValue -is [PSSharedMemory.ShmMapping]) { $ActualValue | PSSharedMemory\Get-ShmStat -ErrorAction Stop }
                elseif ($ActualValue -is [int]) { PSSharedMemory\Get-ShmStat -Id $ActualValue -ErrorAction Stop }
                else { PSSharedMemory\Get-ShmStat -Name $ActualValue -ErrorAction Stop }
            $count = if ($null -eq $stat.HolderCount) { 'an unknown number' } else { $stat.HolderCount }
            $succeeded = ($null -ne $stat.HolderCount) -and (($stat.HolderCount -eq $ExpectedCount) -ne [bool] $Negate)
            $not = if ($Negate) { 'other than ' } else { '' }
            [PSCustomObject] @{
                Succeeded      = $succeeded
                FailureMessage = "Expected $ActualValue to be held by $not$ExpectedCount processes$(if ($Because) { ", because $Because" }), but it is held by $count. $($stat.Evidence)"
            }
        }
        Add-ShouldOperator -Name ExistAsShm -InternalName ExistAsShm -Test {
            param($ActualValue, [switch] $Negate, [string] $Because, $CallerSessionState)
            # An object is looked for as such: what has its name or id now may be another.
            $found = @(if ($ActualValue -is [PSSharedMemory.ShmSegment] -or $ActualValue -is [PSSharedMemory.ShmMapping]) { $ActualValue | PSSharedMemory\Get-ShmStat -ErrorAction Ignore }
                elseif ($ActualValue -is [int]) { PSSharedMemory\Get-ShmSegment -Id $ActualValue -ErrorAction Ignore }
                else { PSSharedMemory\Get-ShmSegment -Name "$ActualValue" -ErrorAction Ignore })
            [PSCustomObject] @{
                Succeeded      = ($found.Count -gt 0) -ne [bool] $Negate
                FailureMessage = "Expected the shared memory segment $ActualValue $(if ($Negate) { 'not ' })to exist$(if ($Because) { ", because $Because" })."
            }
        }
        Add-ShouldOperator -Name LeakNoShm -InternalName LeakNoShm -Test {
            param([scriptblock] $ActualValue, [switch] $Negate, [string] $Because, $CallerSessionState)
            $leaks = @(PSSharedMemory\Measure-ShmLeak -ScriptBlock $ActualValue)
            [PSCustomObject] @{
                Succeeded      = ($leaks.Count -eq 0) -ne [bool] $Negate
                FailureMessage = "Expected the block $(if ($Negate) { 'to leave' } else { 'not to leave' }) shared memory behind$(if ($Because) { ", because $Because" }), but it left $(if ($leaks) { $leaks -join '; ' } else { 'none' })."
            }
        }
        """;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (InvokeCommand.GetCommand(AddOperator, CommandTypes.Function) is null)
        {
            ThrowTerminatingError(new ErrorRecord(
                new CommandNotFoundException("Cannot register the operators: Pester is not loaded. Import-Module Pester (5 or later) first, or call this in a BeforeAll."),
                "PesterNotLoaded",
                ErrorCategory.NotInstalled,
                AddOperator));
        }

        if (ShouldProcess("HaveShmHolder, ExistAsShm, LeakNoShm", "Register with Pester's Should"))
        {
            InvokeCommand.InvokeScript(Script);
        }
    }
}
