using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Gives Pester's Should operators for shared memory, and the same in the style of Pester 6 (Should-ExistShm). On
/// request only, since most who import the module have no Pester.
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "ShmShouldOperator", SupportsShouldProcess = true)]
public sealed class RegisterShmShouldOperatorCommand : ShmCmdlet
{
    private const string AddOperator = "Add-ShouldOperator";

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (InvokeCommand.GetCommand(AddOperator, CommandTypes.Function) is null)
        {
            ThrowTerminatingError(new ErrorRecord(
                new CommandNotFoundException(
                    "Cannot register the operators: Pester is not loaded. Import-Module Pester (5 or later) first, or "
                        + "call this in a BeforeAll."),
                "PesterNotLoaded",
                ErrorCategory.NotInstalled,
                AddOperator));
        }

        if (ShouldProcess(
            "ExistAsShm, HaveShmHolder, HaveShmMode, HaveShmOwner, HaveShmValue, LeakShm",
            "Register with Pester's Should"))
        {
            InvokeCommand.InvokeScript(ReadScript());
        }
    }

    private static string ReadScript()
    {
        using var stream =
            typeof(RegisterShmShouldOperatorCommand).Assembly.GetManifestResourceStream("ShouldOperators.ps1")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
