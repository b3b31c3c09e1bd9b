# What people type before they read the help: values that are null, sizes and protections as the views show them.

BeforeDiscovery { Import-Module "$PSScriptRoot/../../out/PSSharedMemory" }

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-try-$PID"
    $null = New-ShmSegment $name -Size 64KB

    function Get-ErrorId([scriptblock] $Script) {
        $errors = @()
        try { $errors = @(& $Script 2>&1).Where{ $_ -is [System.Management.Automation.ErrorRecord] } }
        catch { $errors = @($_) }
        $errors.ForEach{ ($_.FullyQualifiedErrorId -split ',')[0] } -join ' '
    }
}

AfterAll {
    Remove-ShmSegment $name
}

Describe 'A variable that was never set' {
    It 'is not all: <command>' -ForEach @(
        @{ command = 'Get-ShmSegment $unset' }
        @{ command = 'Get-ShmSegment $unset | Remove-ShmSegment' }
        @{ command = 'Get-ShmStat $unset' }
        @{ command = 'Get-ShmAttachment $unset' }
        @{ command = 'Get-ShmHolder $unset' }
        @{ command = 'Remove-ShmSegment $unset' }
        @{ command = 'Set-ShmSegment $unset -Mode 0600' }
        @{ command = 'Resize-ShmSegment $unset -Size 4KB -Force' }
        @{ command = 'Dismount-ShmSegment $unset' }
        @{ command = 'Get-ShmMapping $unset | Dismount-ShmSegment' }
        @{ command = 'Set-ShmProtection $unset Read' }
        @{ command = 'Wait-ShmSegment $unset -TimeoutSec 0' }
        @{ command = 'Export-ShmSegment $unset x.shm' }
        @{ command = 'Get-ShmSegment -Owner @($unset) -Kind Posix' }
    ) {
        $unset = $null
        Get-ErrorId ([scriptblock]::Create($command)) | Should -Be InvalidName
        (Get-Item "/dev/shm$name").Length | Should -Be 64KB
    }

    It 'is no value: <command>' -ForEach @(
        @{ command = 'Write-ShmData $name $unset' }
        @{ command = 'Write-ShmData $name $unset -As Int32' }
        @{ command = 'Write-ShmData $name $unset -As String' }
        @{ command = 'Write-ShmData $name 1, $unset, 3 -As Int32' }
        @{ command = 'Write-ShmData $name $unset, 1' }
        @{ command = 'Send-ShmMessage $queue $unset -As Int32' }
        @{ command = 'Add-ShmListItem $list $unset' }
        @{ command = 'Add-ShmListItem $list @($unset)' }
    ) {
        $unset = $null
        $queue, $list = "$name.q", "$name.l"
        $null = New-ShmQueue $queue -Capacity 4KB
        $null = New-ShmSegment $list -Size 4KB
        New-ShmList $list
        try {
            $before = (Get-FileHash "/dev/shm$name").Hash
            Get-ErrorId ([scriptblock]::Create($command)) | Should -Be OutOfRange
            (Get-FileHash "/dev/shm$name").Hash | Should -Be $before
            Get-ShmListItem $list | Should -BeNullOrEmpty
        }
        finally { Remove-ShmSegment $queue, $list }
    }

    It 'leaves the other values of a pipeline alone' {
        5, $null, 7 | Write-ShmData $name -As Int32 -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.FullyQualifiedErrorId | Should -Be 'OutOfRange,PSSharedMemory.Commands.WriteShmDataCommand'
        [BitConverter]::ToInt32([System.IO.File]::ReadAllBytes("/dev/shm$name"), 0) | Should -Be 5
    }
}

Describe 'An argument that was never set' {
    It 'is no place for a snapshot' {
        Get-ErrorId { Export-ShmSegment $name $unset } | Should -Be MissingMandatoryParameter
        Get-ErrorId { Get-ShmSegment $name | Export-ShmSegment -Path $unset } | Should -Be MissingMandatoryParameter
    }

    It 'is no argument of a program' {
        $process = Start-ShmProcess true $unset -Segment $name -Descriptor 5 -Wait -PassThru
        $process.ExitCode | Should -Be 0
    }

    It 'is no argument of a traced program' -Skip:(-not (Get-Command strace -ErrorAction Ignore)) {
        Get-ErrorId { Trace-ShmCall true $unset } | Should -BeNullOrEmpty
    }
}

Describe 'An empty list' {
    It 'is none and not all: <_>' -ForEach @(
        'Get-ShmSegment @()', 'Get-ShmSegment -Name @()', 'Get-ShmStat @()', 'Get-ShmAttachment @()',
        'Get-ShmAttachment -ProcessId @()', 'Get-ShmHolder -ProcessId @()', 'Get-ShmHolder @()', 'Get-ShmMapping @()',
        'Get-ShmSegment @() | Remove-ShmSegment', 'Remove-ShmSegment @()', 'Get-ShmSegment -Owner @()'
    ) {
        $mapping = Mount-ShmSegment $name
        try { & ([scriptblock]::Create($_)) | Should -BeNullOrEmpty }
        finally { $mapping.Dispose() }
        Test-Path "/dev/shm$name" | Should -BeTrue
    }
}

Describe 'A number that nobody means' {
    BeforeAll { $first = New-ShmSegment -Private -Size 4KB }

    AfterAll { $first | Remove-ShmSegment }

    # A parameter that takes '' takes it as 0: the first process, no wait at all, everything however young.
    It 'is refused as empty text by every parameter that is a number: <_>' -ForEach @(
        (Get-Command -Module PSSharedMemory -CommandType Cmdlet).Name
    ) {
        foreach ($parameter in (Get-Command $_).Parameters.Values) {
            if ($parameter.Name -in [Management.Automation.Cmdlet]::CommonParameters) { continue }
            $type = $parameter.ParameterType
            if ($type.IsArray) { $type = $type.GetElementType() }
            $type = [Nullable]::GetUnderlyingType($type) ?? $type
            if ($type -notin [int], [uint], [long], [ulong], [double], [decimal], [timespan]) { continue }
            {
                foreach ($attribute in $parameter.Attributes) {
                    if ($attribute -is [Management.Automation.ArgumentTransformationAttribute]) {
                        $null = $attribute.Transform($ExecutionContext, '')
                    }
                }
            } | Should -Throw -Because "-$($parameter.Name) ''"
        }
    }

    It 'is no time either: <_>' -ForEach "''", "' '", '$true', "'1,5'" {
        $script = [scriptblock]::Create("Wait-ShmSegment /pst-none -Gone -TimeoutSec $_")
        $script | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        foreach ($good in '0', "'0.5'", '1') {
            [scriptblock]::Create("Wait-ShmSegment /pst-none -Gone -TimeoutSec $good") | Should -Not -Throw
        }
    }

    # PowerShell reads '' as 0, '1,2' as 12, $true as 1 and 1.5 as 2: Remove-ShmSegment would remove another one.
    It 'is no id: <_>' -ForEach "''", "' '", "'1,2'", '$true', '1.5', '@(1, "")', '1.5d',
        "'1.5'", '([single]2.5)', "'1e-1'" {
        foreach ($command in 'Get-ShmSegment', 'Remove-ShmSegment -WhatIf', 'Read-ShmData', 'Mount-ShmSegment',
            'Copy-ShmData x -Destination') {
            if ($_ -like '@*' -and $command -notlike '*-ShmSegment*' -or $command -like 'Mount*' -and $_ -like '@*') {
                continue
            }

            $id = $command -like '*-Destination' ? "Id" : ' -Id'
            Get-ErrorId ([scriptblock]::Create("$command$id $_")) | Should -Be ParameterArgumentTransformationError
        }
    }

    It 'is an id all the same as text or as another number' {
        foreach ($id in "$($first.Id)", [long]$first.Id, [double]$first.Id, [decimal]$first.Id, " $($first.Id)") {
            (Get-ShmSegment -Id $id).Id | Should -Be $first.Id
        }

        (Get-ShmSegment -Id $first.Id, "$($first.Id)").Count | Should -Be 2
        foreach ($wrong in '1,2', "$($first.Id).4", ($first.Id + 0.25)) {
            [pscustomobject]@{ Id = $wrong } | Get-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed |
                Should -BeNullOrEmpty
            $failed.FullyQualifiedErrorId | Should -BeLike 'InvalidName,*'
        }
    }

    It 'is no place, size, count or process: <_>' -ForEach @(
        'Read-ShmData $name -Offset ""', 'Read-ShmData $name -Offset "4,5"', 'Read-ShmData $name -Count ""',
        'Write-ShmData $name 7 -Offset ""', 'Clear-ShmData $name -Length $true', 'Resize-ShmSegment $name +4KB -Force',
        'Copy-ShmData $name $name -DestinationOffset ""', 'Mount-ShmSegment $name -Length " "',
        'Format-ShmHex $name -Width ""', 'Search-ShmData $name x -First ""', 'Get-ShmAttachment -ProcessId "1,2"',
        'Get-ShmAddressSpace -ProcessId ""', 'New-ShmSemaphore $name -InitialCount ""',
        'Get-ShmSegment -Path /etc/hostname -ProjectId ""', 'New-ShmSegment "$name.n" -Size ""'
    ) {
        $before = (Get-FileHash "/dev/shm$name").Hash
        Get-ErrorId ([scriptblock]::Create($_)) | Should -Be ParameterArgumentTransformationError
        (Get-FileHash "/dev/shm$name").Hash | Should -Be $before
        Test-Path "/dev/shm$name.n" | Should -BeFalse
    }

    It 'is no value of a number: <_>' -ForEach '""', '"1,2"', '1, "", 3', '" "' {
        $before = (Get-FileHash "/dev/shm$name").Hash
        Get-ErrorId ([scriptblock]::Create("Write-ShmData `$name $_ -As Int32")) | Should -Be OutOfRange
        (Get-FileHash "/dev/shm$name").Hash | Should -Be $before
    }
}

Describe 'Several where one belongs' {
    It 'is told what to do: <command>' -ForEach @(
        @{ command = 'Read-ShmData $name, $name'; says = '*pipe several*' }
        @{ command = 'Clear-ShmData "/pst-try-*"'; says = "*Get-ShmSegment '/pst-try-*' | Clear-ShmData*" }
        @{ command = 'New-ShmSegment a, b -Size 4KB'; says = '*one name*' }
        @{ command = 'New-ShmQueue a, b'; says = '*one name*' }
        @{ command = 'Copy-ShmData $name /tmp/pst-try.bin'; says = '*-DestinationPath*' }
        @{ command = 'Read-ShmData $name -As int[]'; says = '*-As int with -Count*' }
        @{ command = 'Read-ShmData $name -As ([int[]])'; says = '*-As Int32 with -Count*' }
        @{ command = 'Read-ShmData $name -As datetime'; says = '*-As Int64*' }
        @{ command = 'Set-ShmSegment $name -Owner root:root'; says = '*-Group*' }
        @{ command = 'Get-ShmHolder $PID'; says = "*-ProcessId $PID *" }
        @{ command = 'Get-ShmAttachment -Id $PID'; says = "*-ProcessId $PID *" }
        @{ command = 'Get-ShmAttachment pwsh'; says = "*Get-Process 'pwsh' | Get-ShmAttachment*" }
        @{ command = 'Get-Process -Id $PID | Mount-ShmSegment'; says = "*Get-ShmAttachment -ProcessId $PID *" }
    ) {
        try { $said = "$(& ([scriptblock]::Create($command)) 2>&1 | ForEach-Object { $_.ErrorDetails ?? $_ })" }
        catch { $said = "$_" }
        $said | Should -BeLike $says
    }
}

Describe 'What -OutVariable has kept' {
    It 'is the one that is in it' {
        $null = Mount-ShmSegment $name -OutVariable kept
        $null = Get-ShmSegment $name -OutVariable segments
        try {
            Write-ShmData $kept 4711
            Read-ShmData $segments -As Int32 | Should -Be 4711
        }
        finally { $kept.Dispose() }
    }
}

Describe 'A size as the views show it' {
    It "takes '<text>' as <bytes> bytes" -ForEach @(
        @{ text = '64 KB'; bytes = 64KB }
        @{ text = '64KiB'; bytes = 64KB }
        @{ text = '1.5 MB'; bytes = 1536KB }
        @{ text = '2Mi'; bytes = 2MB }
        @{ text = '8k'; bytes = 8KB }
        @{ text = '100 B'; bytes = 100 }
        @{ text = '0x1000'; bytes = 4096 }
    ) {
        $null = New-ShmSegment "$name.size" -Size $text -Sparse
        try { (Get-Item "/dev/shm$name.size").Length | Should -Be $bytes }
        finally { Remove-ShmSegment "$name.size" }
    }

    It 'takes it from a table that was exported' {
        [pscustomobject]@{ Name = "$name.csv"; Size = '12 KB' } | ConvertTo-Csv | ConvertFrom-Csv | New-ShmSegment |
            ForEach-Object Size | Should -Be 12KB
        Remove-ShmSegment "$name.csv"
    }

    It 'takes it wherever bytes are counted' {
        Resize-ShmSegment $name '128 KB' -Force
        (Get-Item "/dev/shm$name").Length | Should -Be 128KB
        $mapping = Mount-ShmSegment $name -Offset '64 KB' -Length '4 KB'
        $mapping.Offset, $mapping.Length | Should -Be 64KB, 4KB
        $mapping.Dispose()
        (Format-ShmHex $name -Offset '1 KB' -Length '32 B').Count | Should -Be 2
        Resize-ShmSegment $name 64KB -Force
    }

    It "leaves '<_>' to the binder" -ForEach '4 XB', 'KB', '4KBB', '1e40 GB', 'abc' {
        Get-ErrorId { New-ShmSegment "$name.size" -Size $_ } | Should -Be CannotConvertArgumentNoMessage
    }
}

Describe 'A protection as the views show it' {
    It "takes '<text>' as <flags>" -ForEach @(
        @{ text = 'rw-'; flags = 'Read, Write' }
        @{ text = 'r--'; flags = 'Read' }
        @{ text = 'rx'; flags = 'Read, Execute' }
        @{ text = '---'; flags = 'None' }
        @{ text = 'ReadWrite'; flags = 'Read, Write' }
    ) {
        $mapping = Mount-ShmSegment $name -Protection $text
        try {
            "$($mapping.Protection)" | Should -Be $flags
            Set-ShmProtection $mapping None
            Set-ShmProtection $mapping $text
            "$($mapping.Regions[0].Protection)" | Should -Be $flags
        }
        finally { $mapping.Dispose() }
    }

    It "refuses '<_>'" -ForEach 'rr', 'rwz', 'q' {
        Get-ErrorId { Mount-ShmSegment $name -Protection $_ } | Should -Be ParameterArgumentTransformationError
    }
}

Describe 'A type as PowerShell writes it' {
    It 'takes <_>, which is text as an argument' -ForEach '[int]', '[System.Int32]', '[guid]', '[bool]', '[string]' {
        (Get-ShmSegment $name | Read-ShmData -As $_ -Count 1).GetType() | Should -Be ($_.Trim('[', ']') -as [type])
    }

    It 'refuses one that is not there' {
        Get-ErrorId { Read-ShmData $name -As [nothing] } | Should -Be CannotConvertArgument
    }
}

Describe 'A .NET struct written by its own type' {
    BeforeAll {
        Add-Type @'
            public struct PstTry
            {
                public double Y;
                private short z;
                public PstTry(int x, double y, short z) { X = x; Y = y; this.z = z; }
                public int X { get; set; }
                public int Twice => X * z;
            }
'@
    }

    It 'comes back as it was: <_>' -ForEach 'guid', 'PstTry', 'decimal', 'TimeSpan' {
        $value = switch ($_) {
            guid { [guid]'00112233-4455-6677-8899-aabbccddeeff' }
            PstTry { [PstTry]::new(42, 1.5, -7) }
            decimal { 12.50d }
            TimeSpan { [timespan]'1.02:03:04' }
        }
        Write-ShmData $name $value -As $value.GetType()
        Read-ShmData $name -As $value.GetType() | Should -Be $value
    }

    It 'has its size by itself, also in a row of them' {
        Write-ShmData $name ([guid]'00112233-4455-6677-8899-aabbccddeeff')
        Read-ShmData $name -As guid | Should -Be ([guid]'00112233-4455-6677-8899-aabbccddeeff')
        [PstTry]::new(1, 2.5, 3), [PstTry]::new(4, 5.5, 6) | Write-ShmData $name
        (Read-ShmData $name -As ([PstTry]) -Count 2).X | Should -Be 1, 4
        Write-ShmData $name ([IntPtr]4711)
        Read-ShmData $name -As IntPtr | Should -Be 4711
        Get-ErrorId { Write-ShmData $name ([bigint]5) } | Should -Be PSInvalidCastException
    }

    It 'lies there as .NET lays it out' {
        $guid = [guid]'00112233-4455-6677-8899-aabbccddeeff'
        Write-ShmData $name $guid -As guid -Offset 64
        $file = [System.IO.File]::OpenRead("/dev/shm$name")
        try {
            $bytes = [byte[]]::new(80)
            $file.ReadExactly($bytes)
        }
        finally { $file.Dispose() }
        [guid]::new([byte[]]$bytes[64..79]) | Should -Be $guid
    }
}

Describe 'A name with a slip' {
    BeforeAll {
        $names = "Try-Ledger-$PID", "try-dir-$PID/Part.$PID", "sem.try-latch-$PID"
        $null = New-Item "/dev/shm/try-dir-$PID" -ItemType Directory
        foreach ($each in $names) { [System.IO.File]::WriteAllBytes("/dev/shm/$each", [byte[]]::new(64)) }
    }

    AfterAll { Remove-Item "/dev/shm/try-dir-$PID", "/dev/shm/Try-Ledger-$PID", "/dev/shm/sem.try-latch-$PID" -Recurse }

    It 'is told what it may have meant: <typed>' -ForEach @(
        @{ typed = 'try-ledger-{0}'; meant = '/Try-Ledger-{0}' }
        @{ typed = 'Try-Legder-{0}'; meant = '/Try-Ledger-{0}' }
        @{ typed = '/dev/shm/Try-Ledge-{0}'; meant = '/Try-Ledger-{0}' }
        @{ typed = 'try-latch-{0}'; meant = '/sem.try-latch-{0}' }
        @{ typed = 'part.{0}'; meant = '/try-dir-{0}/Part.{0}' }
    ) {
        foreach ($command in 'Get-ShmSegment', 'Remove-ShmSegment', 'Read-ShmData', 'Mount-ShmSegment') {
            & $command ($typed -f $PID) -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
            $failed[0].ErrorDetails.Message | Should -BeLike "*'$($meant -f $PID)'*"
        }
        [System.IO.File]::Exists("/dev/shm/Try-Ledger-$PID") | Should -BeTrue
    }

    It 'is told so where few names are possible' {
        Get-ShmLimit SHMAX -ErrorAction SilentlyContinue -ErrorVariable failed
        Test-ShmHost RemoveIP -ErrorAction SilentlyContinue -ErrorVariable +failed
        Get-ShmOrigin postgres -ErrorAction SilentlyContinue -ErrorVariable +failed
        $failed.ForEach{ "$_" -replace ".*'(\w+)'\?$", '$1' } | Should -Be SHMMAX, RemoveIPC, PostgreSQL
    }

    It 'is told as a key the way ipcs shows keys' {
        Get-ShmSegment 0xc0ffee -ErrorAction SilentlyContinue -ErrorVariable failed
        "$failed" | Should -BeLike '*-Key 0xc0ffee*'
    }
}

Describe 'What views show' {
    It 'leads back to the segment: the column Label' {
        $private = New-ShmSegment -Private -Size 4KB
        Get-ShmSegment $name, "$name.gone" -ErrorAction Ignore | Select-Object Label | Get-ShmSegment |
            ForEach-Object Name | Should -Be $name
        Get-ShmStat $private | Select-Object Label, Verdict | ConvertTo-Csv | ConvertFrom-Csv | Remove-ShmSegment
        Get-ErrorId { Get-ShmSegment -Id $private.Id } | Should -Be SegmentNotFound
        Get-ErrorId { [pscustomobject]@{ Label = 'orders' } | Get-ShmSegment } | Should -Be InvalidName
    }

    It 'is short where several types stand in one script' {
        $text = & { Get-ShmSegment $name; Get-ShmStat $name } | Out-String
        @($text -split '\n' -match '^\w+ +: ').Count | Should -BeLessThan 12
        $text | Should -BeLike '*Verdict *: Unattached*'
    }

    It 'finds holders to stop, and never takes them for segments' {
        $mapping = Mount-ShmSegment $name
        try {
            (Get-ShmHolder $name | Get-Process).Id | Should -Be $PID
            { Get-ShmHolder $name | Stop-Process -WhatIf -ErrorAction Stop } | Should -Not -Throw
            Get-ErrorId { Get-ShmHolder $name | Select-Object Id, Command | Remove-ShmSegment -WhatIf } |
                Should -Be InvalidName
        }
        finally { $mapping.Dispose() }
    }

    It 'says directory of a directory, as a file and as text' {
        $null = New-Item "/dev/shm$name.d" -ItemType Directory
        try {
            Get-Item "/dev/shm$name.d" | Get-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed
            "$failed" | Should -BeLike '*directory*'
        }
        finally { Remove-Item "/dev/shm$name.d" }
    }
}

Describe 'Parameters as people guess them' {
    It 'takes -Type for -As, and modes as C23 writes them' {
        Write-ShmData $name 7 -Type Int16 -Offset 128
        Read-ShmData $name -Type UInt16 -Offset 128 | Should -Be 7
        (Set-ShmSegment $name -Mode 0o640 -PassThru).UnixMode | Should -Be 'rw-r-----'
    }

    It 'takes the names that C has: <command>' -ForEach @(
        @{ command = 'Mount-ShmSegment $name -Protection PROT_READ'; is = 'Read' }
        @{ command = "Mount-ShmSegment `$name -Protection 'PROT_READ|PROT_WRITE'"; is = 'Read, Write' }
        @{ command = 'Mount-ShmSegment $name -Protection PROT_READ, PROT_EXEC'; is = 'Read, Execute' }
    ) {
        $mapping = & ([scriptblock]::Create($command))
        try {
            "$($mapping.Protection)" | Should -Be $is
            Set-ShmAdvice $mapping MADV_WILLNEED
            Get-ErrorId { Set-ShmAdvice $mapping MADV_NOTHING } | Should -Be ParameterArgumentTransformationError
        }
        finally { $mapping.Dispose() }
    }

    It 'takes seals as C names them, IPC_PRIVATE as a key, and -Count for -Length' {
        $mapping = New-ShmSegment -Anonymous -Size 4KB -Seal 'F_SEAL_GROW|F_SEAL_SHRINK' -Mount
        "$($mapping.Segment.Seals)" | Should -Be 'Shrink, Grow'
        $mapping.Dispose()
        (Format-ShmHex $name -Count 32).Count | Should -Be 2
        New-ShmSegment -Key IPC_PRIVATE -Size 4KB -ErrorAction SilentlyContinue -ErrorVariable failed
        "$failed" | Should -BeLike '*-Private*'
    }

    It 'says what was meant by <command>' -ForEach @(
        @{ command = 'Remove-ShmSegment -m 4711 -WhatIf'; hint = '-Id 4711' }
        @{ command = 'Remove-ShmSegment -M 0xc0ffee -WhatIf'; hint = '-Key 0xc0ffee' }
        @{ command = 'Get-ShmSegment -Key c0ffee'; hint = '0xc0ffee' }
    ) {
        try { $said = "$(& ([scriptblock]::Create($command)) 2>&1)" } catch { $said = "$_" }
        $said | Should -BeLike "*Did you mean *$hint*"
    }

    It 'takes a file of /dev/shm for -Path, and asks for the number of a key otherwise' {
        (Get-ShmSegment -Path "/dev/shm$name").Name | Should -Be $name
        Get-ErrorId { Get-ShmSegment -Path /etc/hostname } | Should -Be InvalidKey
    }

    It 'takes -Force for semaphores too' {
        Set-Content "/dev/shm/sem.latch-$PID" x
        Remove-ShmSegment "*latch-$PID" -Force
        Test-Path "/dev/shm/sem.latch-$PID" | Should -BeFalse
    }

    It 'says -Force where nobody can be asked' {
        Resize-ShmSegment $name 4KB -ErrorAction SilentlyContinue -ErrorVariable failed
        "$failed" | Should -BeLike '*-Force*'
        (Get-Item "/dev/shm$name").Length | Should -BeGreaterThan 4KB
        # A script whose input has ended, as in cron.
        $said = 'no' | pwsh -NoProfile -Command "
            Import-Module '$PSScriptRoot/../../out/PSSharedMemory'
            try { Resize-ShmSegment $name 4KB -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }" 2>&1 |
            Out-String
        $said | Should -Not -BeLike '*NullReference*'
        (Get-Item "/dev/shm$name").Length | Should -BeGreaterThan 4KB
    }
}

Describe 'The beginning of a parameter' {
    BeforeAll {
        $cmdlets = Get-Command -Module PSSharedMemory -CommandType Cmdlet
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
    }

    It 'means what it meant before there were aliases' {
        $wrong = foreach ($command in $cmdlets) {
            # The engine prefers a cmdlet's own parameter to a common one: -Co is -Count where there is one.
            foreach ($parameter in $command.Parameters.Keys -notmatch '^(Confirm|PipelineVariable)$') {
                foreach ($length in 1..[Math]::Min(3, $parameter.Length)) {
                    $typed = $parameter.Substring(0, $length)
                    if (@($command.Parameters.Keys -like "$typed*").Count -gt 1) { continue }
                    $found = try { $command.ResolveParameter($typed).Name } catch { 'ambiguous' }
                    # -ev is PowerShell's own.
                    if ($found -ne $parameter -and $typed -ne 'Ev') { "$command -$typed is $found, not $parameter" }
                }
            }
        }
        $wrong | Should -BeNullOrEmpty
    }

    It 'is that of a common parameter in every cmdlet' {
        $typed = 'Ver', 'Deb', 'ErrorA', 'ErrorV', 'WarningA', 'InformationA', 'Prog', 'OutV', 'OutB', 'Pip',
            'ea', 'ev', 'wa', 'ov', 'pv', 'vb', 'db'
        $wrong = foreach ($command in $cmdlets) {
            $asking = if ($command.Parameters.ContainsKey('WhatIf')) { 'Wh', 'Wha', 'wi', 'Conf', 'cf' }
            foreach ($beginning in @($typed; $asking)) {
                $found = try { $command.ResolveParameter($beginning).Name } catch { 'ambiguous' }
                if ($found -notin $common + @('WhatIf', 'Confirm')) { "$command -$beginning is $found" }
            }
        }
        $wrong | Should -BeNullOrEmpty
    }

    It 'clears nothing where it was meant to be -Confirm' {
        Write-ShmData $name 7 -Offset 256
        Get-ErrorId { Clear-ShmData $name -Offset 256 -Co:$false } | Should -Be ParameterArgumentTransformationError
        Read-ShmData $name -Offset 256 -As Int32 | Should -Be 7
    }
}

Describe 'A pattern of semaphores' {
    It 'means them where it begins with sem' {
        Set-Content "/dev/shm/sem.latch-$PID" x
        Remove-ShmSegment "*latch-$PID"
        Test-Path "/dev/shm/sem.latch-$PID" | Should -BeTrue
        Remove-ShmSegment "sem*latch-$PID"
        Test-Path "/dev/shm/sem.latch-$PID" | Should -BeFalse
    }
}

Describe 'What cannot be' {
    It 'says that an offset is negative, and of which segment, not where it is mapped' {
        foreach ($command in { Read-ShmData $name -Offset -4 }, { Format-ShmHex $name -Offset -1 }) {
            Get-ErrorId $command | Should -Be OutOfRange
        }
        Format-ShmHex $name -Offset 1GB -ErrorAction SilentlyContinue -ErrorVariable failed
        "$failed" | Should -Not -BeLike '*0x7*'
    }

    It 'says which mappings there are, and not which segments' {
        Dismount-ShmSegment $name -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
        $failed[0].ErrorDetails.Message | Should -Not -BeLike '*Get-ShmSegment*'
    }

    It 'does not send its user to the owner for what a seal or the mount forbids to everybody: <command>' -ForEach @(
        @{ command = { New-ShmSegment -Anonymous -Size 4KB -Seal FutureWrite | Mount-ShmSegment } }
        @{ command = { New-ShmSegment -Anonymous -Size 4KB -Seal Grow | Resize-ShmSegment -Size 8KB } }
        @{ command = { Mount-ShmSegment $name -ReadOnly -OutVariable m | Set-ShmProtection Read, Write; $m.Dispose() } }
    ) {
        $failed = @(& $command 2>&1)
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'AccessDenied,*'
        $failed[0].ErrorDetails.Message | Should -Not -BeLike '*owner*'
    }

    It 'does not wait for a bit of 0' {
        Get-ErrorId { Wait-ShmValue $name -AnyBit 0 -TimeoutSec 0 } | Should -Be OutOfRange
    }

    It 'says that an address of the kernel is none, and not that it is misaligned' {
        Get-ErrorId { Mount-ShmSegment $name -Address 0xffff800000000000 } | Should -Be InvalidAddress
    }
}
