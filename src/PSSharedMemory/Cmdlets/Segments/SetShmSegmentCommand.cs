using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Changes mode, owner, group, lock or seals of segments.</summary>
[Cmdlet(VerbsCommon.Set, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegment))]
public sealed class SetShmSegmentCommand : SegmentTargetCmdlet
{
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(ModeCompleter))]
    public string? Mode { get; set; }

    [Parameter]
    [UserId]
    [ArgumentCompleter(typeof(UserCompleter))]
    public string? Owner { get; set; }

    [Parameter]
    [GroupId]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string? Group { get; set; }

    [Parameter]
    public SwitchParameter Lock { get; set; }

    [Parameter]
    public SwitchParameter Unlock { get; set; }

    [Parameter]
    [Choice(typeof(ShmSeals))]
    [ArgumentCompleter(typeof(SealCompleter))]
    public string Seal { get; set; } = "None";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string[] OwnPositions => [nameof(Mode)];

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        if (Mode is null && Owner is null && Group is null && !Lock && !Unlock
            && ChoiceAttribute.Of<ShmSeals>(Seal) == ShmSeals.None)
        {
            ThrowTerminatingError(
                ErrorRecords.Conflict("Say what to set: -Mode, -Owner, -Group, -Lock, -Unlock or -Seal."));
        }

        if (Lock && Unlock)
        {
            ThrowTerminatingError(ErrorRecords.Conflict("Give -Lock or -Unlock, not both."));
        }
    }

    private protected override void Serve(ShmSegment segment)
    {
        var change = new ShmSegmentChange
        {
            Mode = Mode is null ? null : ModeArgument.Parse(Mode),
            UserId = new UserIdAttribute().Resolve(Owner),
            GroupId = new GroupIdAttribute().Resolve(Group),
            Lock = Lock ? true : Unlock ? false : null,
            Seal = ChoiceAttribute.Of<ShmSeals>(Seal),
        };
        if (!ShouldProcess($"{segment}", Sentence(Actions(change))))
        {
            return;
        }

        var now = SegmentChanges.Apply(segment, change);
        if (PassThru)
        {
            WriteRow(now);
        }
    }

    // "Set mode rw-r-----, set owner nobody".
    private static string Sentence(IEnumerable<string> actions)
    {
        var text = string.Join(", ", actions);
        return text.Length > 0 ? char.ToUpperInvariant(text[0]) + text[1..] : text;
    }

    private static IEnumerable<string> Actions(ShmSegmentChange change)
    {
        if (change.Mode is { } mode)
        {
            yield return $"set mode {ModeArgument.ToText(mode)}";
        }

        if (change.UserId is { } user)
        {
            yield return $"set owner {new AccountNames().User(user)}";
        }

        if (change.GroupId is { } group)
        {
            yield return $"set group {new AccountNames().Group(group)}";
        }

        if (change.Lock is { } isLocked)
        {
            yield return isLocked ? "lock in RAM" : "unlock from RAM";
        }

        if (change.Seal != ShmSeals.None)
        {
            yield return $"seal against {change.Seal}";
        }
    }
}
