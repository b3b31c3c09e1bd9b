# Every parameter of every cmdlet with what nobody should give it: numbers at their ends, text that is a wildcard, a
# control sequence or has a NUL, objects of the wrong kind. Each call ends within its time, by a documented error or by
# doing its work; Ctrl+C is heard; the host lives. All in a host with shared memory of its own.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $waiting = foreach ($cmdlet in Get-Command -Module PSSharedMemory -CommandType Cmdlet) {
        foreach ($parameter in $cmdlet.Parameters.Values) {
            if ($parameter.ParameterType -in [double], [Nullable[double]] -and $parameter.Name -match 'Sec$') {
                @{ Cmdlet = $cmdlet.Name; Parameter = $parameter.Name }
            }
        }
    }
}

BeforeAll {
    $module = (Resolve-Path "$PSScriptRoot/../../out/PSSharedMemory").Path
    Import-Module $module
    . "$PSScriptRoot/AnyCmdlet.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
}

Describe 'Every time that a cmdlet takes' {
    It 'is a number of seconds in a range that is checked as one: <Cmdlet> -<Parameter>' -ForEach $waiting {
        # A range of integers rounds what is given before it is checked: -0.4 would be 0.
        $range = (Get-Command $Cmdlet).Parameters[$Parameter].Attributes | Where-Object { $_ -is [ValidateRange] }
        $range.MinRange | Should -BeOfType double
        $range.MinRange | Should -BeGreaterOrEqual 0
        $range.MaxRange | Should -BeOfType double
    }

    It 'is taken in all of its range: <Cmdlet> -<Parameter>' -ForEach $waiting {
        $name = "/pst-surface-$PID"
        $space = New-CmdletHost $module
        try {
            $null = New-ShmSegment $name -Size 4096
            $range = (Get-Command $Cmdlet).Parameters[$Parameter].Attributes | Where-Object { $_ -is [ValidateRange] }
            foreach ($seconds in $range.MaxRange, 4294968, 2147484) {
                if ($seconds -gt $range.MaxRange) { continue }
                $with = Get-CmdletArgument $Cmdlet /nowhere $name
                $with[$Parameter] = $seconds
                # It waits, or has nothing to wait for; when it waits, Ctrl+C ends it.
                $said = Invoke-AnyCmdlet $space $Cmdlet @($name) $with -TimeoutSec 0.3
                $said.IsHung | Should -BeFalse -Because "$Cmdlet -$Parameter $seconds hears Ctrl+C"
                foreach ($record in @($said.Errors) + @($said.Terminated | Where-Object { $_ })) {
                    $record.FullyQualifiedErrorId.Split(',')[0] |
                        Should -BeIn $documentedIds -Because "$Cmdlet -$Parameter ${seconds}: $record"
                }
            }
        }
        finally {
            $space.Dispose()
            Remove-Item "/dev/shm$name" -ErrorAction Ignore
        }
    }
}

Describe 'Every parameter' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
    It 'takes nothing that ends the host, hangs it, or leaves by an undocumented error' {
        $said = Invoke-ChildHost -Through unshare, -i, -m, --propagation, private, bash, -c,
            'mount -t tmpfs -o size=64m none /dev/shm && cd $HOME && exec "$@"', bash -Script (@'
            $ErrorActionPreference = 'Continue'
            . HELPERS
            $space = New-CmdletHost MODULE
            $common = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
            $values = @{
                number = [long]::MaxValue, [long]::MinValue, [int]::MinValue, -1, 0, [double]::NaN, 1e300, '0x', '', 1.5
                text = '', "a`0b", '[', '*', "`e[31m`n", ('x' * 5000), '/', '../..', 'nodrive:\x', "`u{d800}", '$(1)'
                object = @{}, { throw 'x' }, @(1, @(2)), [PSSharedMemory.ShmSegment]@{}, [DateTime]::MaxValue, 'x'
            }
            $numbers = [long], [int], [double], [Nullable[long]], [Nullable[int]], [Nullable[double]], [uint], [byte], [Nullable[uint]]
            $count = 0
            $clock = [Diagnostics.Stopwatch]::StartNew()
            foreach ($cmdlet in Get-Command -Module PSSharedMemory -CommandType Cmdlet | Sort-Object Name) {
                foreach ($parameter in $cmdlet.Parameters.Values | Where-Object { $_.Name -notin $common -and $_.ParameterType -notin [switch], [scriptblock] }) {
                    $type = $parameter.ParameterType
                    $element = $type.IsArray ? $type.GetElementType() : $type
                    $kind = if ($element -in $numbers) { 'number' } elseif ($element -eq [string]) { 'text' } else { 'object' }
                    foreach ($value in $values[$kind]) {
                        if (-not [IO.File]::Exists('/dev/shm/first')) { [IO.File]::WriteAllBytes('/dev/shm/first', [byte[]]::new(4096)) }
                        $with = Get-CmdletArgument $cmdlet.Name $HOME /first
                        $with[$parameter.Name] = $value
                        # Where it has no other target, the first segment is it.
                        $hasTarget = $cmdlet.Parameters.ContainsKey('Name') -and $parameter.Name -notin 'Name', 'LiteralName', 'Id', 'Key', 'Segment', 'Mapping', 'Path', 'ProcessId', 'Queue'
                        $said = Invoke-AnyCmdlet $space $cmdlet.Name ($hasTarget -and $cmdlet.Name -notlike 'New-*' ? @('/first') : $null) $with -TimeoutSec 5
                        $count++
                        $call = "$($cmdlet.Name) -$($parameter.Name) <$("$value".Length -gt 40 ? "$value".Length : "$value")> ($kind)"
                        if ($said.IsHung) { "$call hangs, and Stop does not end it"; [Console]::Out.Flush(); [Diagnostics.Process]::GetCurrentProcess().Kill() }
                        if ($said.IsLate -and $cmdlet.Name -notmatch '^(Wait|Watch|Receive|Trace)-') { "$call does not end" }
                        foreach ($record in @($said.Errors) + @($said.Terminated | Where-Object { $_ })) {
                            if ($record.FullyQualifiedErrorId.Split(',')[0] -notin $documentedIds) { "${call}: $($record.FullyQualifiedErrorId) $record" }
                            if ("$record" -match '[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]' -and $record.FullyQualifiedErrorId -match '^[A-Z]\w+,PSShared') { "$call sends a control character" }
                        }
                    }
                }
                Get-ChildItem /dev/shm -Force | Where-Object Name -NE first | Remove-Item -Recurse -Force -ErrorAction Ignore
                ipcrm -a
            }
            "tried $($count -gt 1000)"
            Get-ShmMapping | ForEach-Object { $_.Dispose() }
'@.Replace('HELPERS', "$PSScriptRoot/AnyCmdlet.ps1").Replace('MODULE', $module))
        $said | Should -Be 'tried True'
    }
}
