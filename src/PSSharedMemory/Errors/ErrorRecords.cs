using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Every ErrorRecord of this module is made here.</summary>
internal static class ErrorRecords
{
    // errno, as .NET keeps it in the HResult of an IOException.
    private const int NoEntry = 2;
    private const int FileExists = 17;
    private const int NoSpace = 28;

    // What PowerShell says of a command that it doesn't find.
    private const string NoCommand = "CommandNotFoundException";

    /// <summary>The record of a failure: its id is the condition's name.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="target">The item that the cmdlet was about; the exception's own target if null.</param>
    /// <param name="cmdlet">The cmdlet that the advice is for; null where the exception says it all.</param>
    public static ErrorRecord From(ShmException error, object? target = null, PSCmdlet? cmdlet = null)
    {
        var record = error is { Function: "posix_spawn", Errno: NoEntry }
            ? new ErrorRecord(error, NoCommand, ErrorCategory.ObjectNotFound, error.Target)
            : new ErrorRecord(error, error.ErrorId.ToString(), Category(error.ErrorId), target ?? error.Target);
        if (cmdlet is not null && ErrorAdvice.For(error, cmdlet) is { Length: > 0 } advice)
        {
            record.ErrorDetails = new ErrorDetails($"{error.Message} {advice}");
        }

        return record;
    }

    /// <summary>Two parameters that exclude each other were given.</summary>
    public static ErrorRecord Conflict(string message) =>
        new(
            new PSArgumentException(message), "AmbiguousParameterSet",
            ErrorCategory.InvalidArgument, null);

    /// <summary>
    /// The record of a process that is not there, with the id that Get-Process has for it; or that is hidden.
    /// </summary>
    public static ErrorRecord FromMissingProcess(int id) => ProcessLife.WhyInvisible(id) is { } error
        ? From(error)
        : new(
            new ArgumentException(
                $"Cannot look into process {id}: no process has that id. Get-ShmAttachment without -ProcessId shows "
                    + "who holds shared memory."),
            "NoProcessFoundForGivenId",
            ErrorCategory.ObjectNotFound,
            id);

    /// <summary>The record of an unknown name, where only a few names are possible.</summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="noun">What it was to be the name of.</param>
    /// <param name="lister">The command that lists the names.</param>
    /// <param name="names">The names that are possible, where they are at hand.</param>
    public static ErrorRecord FromMissingName(
        string name, string noun, string lister, IEnumerable<string>? names = null) => new(
        new ItemNotFoundException(
            $"There is no {noun} called '{PrintableText.Of(name)}'. "
                + (names is not null && NearName.Of(name, names) is { } near
                    ? $"Did you mean '{PrintableText.Of(near)}'?" : $"{lister} lists them.")),
        "NameNotFound",
        ErrorCategory.ObjectNotFound,
        name);

    /// <summary>
    /// The record of a failure that is due to the item itself: an invalid wildcard, a drive that isn't there, a value
    /// of the wrong type or shape. With PowerShell's own record where there is one.
    /// </summary>
    /// <returns>Null for what isn't the item's fault, such as Ctrl+C, -ErrorAction Stop, or a script block that
    /// throws.</returns>
    public static ErrorRecord? FromItem(Exception error, object? target) => error switch
    {
        WildcardPatternException or SessionStateException or ProviderInvocationException or PSInvalidCastException
            or PSArgumentException or PSNotSupportedException or PSInvalidOperationException =>
            Shown(Targeted(((IContainsErrorRecord)error).ErrorRecord, error, target)),
        RuntimeException => null,
        ArgumentException or NotSupportedException or InvalidOperationException or FormatException
            or ArithmeticException
            or InvalidCastException or OutOfMemoryException or TypeLoadException =>
            Shown(new ErrorRecord(error, nameof(ShmErrorId.NativeCallFailed), ErrorCategory.NotSpecified, target)),
        _ => null,
    };

    /// <summary>
    /// The record of a file that could not be opened, read or written, with PowerShell's own ids where it has one.
    /// </summary>
    public static ErrorRecord FromFile(Exception error, object? target)
    {
        // Where the kernel reported it, HResult is errno.
        var (id, category) = (error, error.HResult) switch
        {
            (FileNotFoundException or DirectoryNotFoundException, _) => ("PathNotFound", ErrorCategory.ObjectNotFound),
            (UnauthorizedAccessException, _) => (nameof(ShmErrorId.AccessDenied), ErrorCategory.PermissionDenied),
            (_, NoSpace) => (nameof(ShmErrorId.NoSpace), ErrorCategory.ResourceUnavailable),
            (_, FileExists) => ("NoClobber", ErrorCategory.ResourceExists),
            _ => (nameof(ShmErrorId.NativeCallFailed), ErrorCategory.WriteError),
        };
        return Shown(new ErrorRecord(error, id, category, target));
    }

    /// <summary>PowerShell's own record, with the item where it has no target.</summary>
    private static ErrorRecord Targeted(ErrorRecord record, Exception error, object? target) =>
        record.TargetObject is null
            ? new ErrorRecord(error, record.FullyQualifiedErrorId, record.CategoryInfo.Category, target)
            : new ErrorRecord(record, error);

    /// <summary>Text of others in the message of an exception that isn't this module's, made harmless.</summary>
    private static ErrorRecord Shown(ErrorRecord record)
    {
        var message = record.Exception.Message;
        if (PrintableText.Of(message, keepsLines: true) is var shown && shown != message)
        {
            record.ErrorDetails = new ErrorDetails(shown);
        }

        return record;
    }

    /// <summary>The record of a name that no label of a metric can have.</summary>
    public static ErrorRecord BadLabel(string name) => new(
        new PSArgumentException(
            $"'{PrintableText.Of(name)}' cannot be the name of a label: letters, digits and '_', no digit first, no "
                + "'__'."),
        "InvalidLabel",
        ErrorCategory.InvalidArgument,
        name);

    /// <summary>The record of an object that has no metrics.</summary>
    public static ErrorRecord NoMetric(object? value) => new(
        new PSArgumentException(
            $"{TypeWords.Begin(PlainObject.Of(value))} has no metrics. Pipe what Get-ShmStat, "
                + "Get-ShmLimit, Get-ShmHolder or Get-ShmNamespace gives."),
        "NoMetric",
        ErrorCategory.InvalidArgument,
        value);

    private static ErrorCategory Category(ShmErrorId id) => id switch
    {
        ShmErrorId.SegmentNotFound => ErrorCategory.ObjectNotFound,
        ShmErrorId.SegmentExists or ShmErrorId.AddressInUse => ErrorCategory.ResourceExists,
        ShmErrorId.SegmentInUse => ErrorCategory.ResourceBusy,
        ShmErrorId.AccessDenied => ErrorCategory.PermissionDenied,
        ShmErrorId.InvalidName or ShmErrorId.InvalidKey or ShmErrorId.InvalidSize or ShmErrorId.InvalidMode
            or ShmErrorId.InvalidAddress or ShmErrorId.InvalidOffset or ShmErrorId.SizeMismatch
            or ShmErrorId.OutOfRange => ErrorCategory.InvalidArgument,
        ShmErrorId.LimitReached => ErrorCategory.LimitsExceeded,
        ShmErrorId.NoSpace or ShmErrorId.OwnerDied => ErrorCategory.ResourceUnavailable,
        ShmErrorId.IdentityChanged or ShmErrorId.PageNotMapped or ShmErrorId.PageProtected
            or ShmErrorId.MappingDismounted or ShmErrorId.NotRecoverable => ErrorCategory.InvalidOperation,
        ShmErrorId.SegmentTruncated or ShmErrorId.InvalidStructure => ErrorCategory.InvalidData,
        ShmErrorId.NotSupportedByKind => ErrorCategory.NotImplemented,
        ShmErrorId.InvalidDefinition => ErrorCategory.ParserError,
        ShmErrorId.WaitTimeout => ErrorCategory.OperationTimeout,
        ShmErrorId.PlatformNotSupported => ErrorCategory.NotInstalled,
        _ => ErrorCategory.NotSpecified,
    };
}
