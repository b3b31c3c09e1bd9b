# Tab, as PSReadLine asks for it. Names are made by whoever likes to: each stays one argument and acts on no terminal.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $base = "pst-tab-$PID"
    $null = New-ShmSegment "/$base-orders" -Size 64KB
    $keyed = New-ShmSegment -Key 0x4711 -Size 4KB
    function Complete($Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches }
}

AfterAll {
    $keyed | Remove-ShmSegment
    Get-ShmSegment "$base*" | Remove-ShmSegment
}

Describe 'Tab' {
    It 'offers segments, not files, at the first position of <Name>' -ForEach @(
        Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
        (Get-Command -Module PSSharedMemory |
            Where-Object { $_.ImplementingType.IsSubclassOf([PSSharedMemory.Commands.TargetCmdlet]) -and
                $_.Name -notin 'Dismount-ShmSegment', 'Set-ShmAdvice', 'Set-ShmProtection' }).Name |
            ForEach-Object { @{ Name = $_ } }
    ) {
        foreach ($typed in "$base-or", "/$base-or", "/dev/shm/$base-or", "'$base-or", "`"/$base-or") {
            @(Complete "$Name $typed").ListItemText | Should -Be "/$base-orders" -Because "$typed was typed"
        }
    }

    It 'offers segments as the other side of <_>' -ForEach 'Copy-ShmData', 'Compare-ShmData', 'Format-ShmHex' {
        @(Complete "$_ /x $base-or").ListItemText | Should -Be "/$base-orders"
    }

    It 'offers mounted segments where mappings are meant' {
        $mapping = Mount-ShmSegment "$base-orders"
        @(Complete "Dismount-ShmSegment $base").CompletionText | Should -Be "/$base-orders"
        Dismount-ShmSegment $mapping
        @(Complete "Dismount-ShmSegment $base").ResultType | Should -Not -Contain 'ParameterValue'
    }

    It 'offers ids and keys, with what they are' {
        $id = @(Complete "Remove-ShmSegment -Id $($keyed.Id)" | Where-Object CompletionText -EQ $keyed.Id)
        $id.ListItemText | Should -Match '0x00004711.*4 KB'
        (Complete 'Get-ShmSegment -Key 0x471').CompletionText | Should -Contain '0x00004711'
        (Complete 'Get-ShmSegment -Key 1819').CompletionText | Should -Contain '0x00004711'
    }

    It 'offers processes, holders first' {
        $mapping = Mount-ShmSegment "$base-orders"
        $found = @(Complete 'Get-ShmAttachment -ProcessId ')
        $found.CompletionText | Should -Contain "$PID"
        ($found | Where-Object CompletionText -EQ $PID).ToolTip | Should -Match "$base-orders"
        $mapping.Dispose()
    }

    It 'offers <Line> as <Expected>' -ForEach @(
        @{ Line = 'Get-ShmLimit SHMM'; Expected = 'SHMMAX', 'SHMMNI' }
        @{ Line = 'Test-ShmHost Remo'; Expected = 'RemoveIPC', 'RemovedButHeld' }
        @{ Line = 'Set-ShmAdvice $m -Advice Wi'; Expected = @('WillNeed') }
        @{ Line = 'Find-ShmOrphan -OlderThan 1'; Expected = '12h', '1d', '1h' }
        @{ Line = 'New-ShmSegment x -Size 64'; Expected = @('64KB') }
        @{ Line = 'Send-ShmMessage x 1 -As UInt'; Expected = 'UInt16', 'UInt32', 'UInt64' }
        @{ Line = 'Receive-ShmMessage x -As CS'; Expected = @('CString') }
        @{ Line = 'New-ShmQueue x -Capacity 64'; Expected = @('64KB') }
        @{ Line = '$s | Read-ShmData UInt1'; Expected = @('UInt16') }
    ) {
        $found = @(Complete $Line | Where-Object ResultType -EQ ParameterValue)
        @($found.CompletionText | Sort-Object) | Should -Be @($Expected | Sort-Object)
        foreach ($one in $found) { $one.ToolTip | Should -Not -BeNullOrEmpty }
    }

    It 'says what each choice of <Line> means' -ForEach @(
        @{ Line = 'Set-ShmAdvice $m -Advice '; Count = 19 }, @{ Line = 'Set-ShmAdvice $m '; Count = 19 }
        @{ Line = 'Set-ShmProtection $m -Protection '; Count = 4 }
        @{ Line = 'Mount-ShmSegment x -Protection Read, '; Count = 4 }
        @{ Line = 'New-ShmSegment -Anonymous -Size 4KB -Seal '; Count = 7 }
        @{ Line = 'Set-ShmSegment x -Seal '; Count = 7 }
    ) {
        $found = @(Complete $Line)
        $found.Count | Should -Be $Count
        foreach ($one in $found) {
            $one.ResultType | Should -Be ParameterValue
            $one.ToolTip | Should -Not -Be $one.CompletionText
            $one.ToolTip | Should -Match '\w \w'
        }
    }

    It 'and takes them in every form' {
        $mapping = Mount-ShmSegment "$base-orders" -Protection Read, Write
        try {
            foreach ($form in 'read', 'Read', [PSSharedMemory.ShmProtection]::Read, 1, 'Read, Read') {
                Set-ShmProtection $mapping $form
                $mapping.Regions[0].Protection | Should -Be 'Read'
                Set-ShmProtection $mapping -Protection Read, Write
                $mapping.Regions[0].Protection | Should -Be 'Read, Write'
            }

            { Set-ShmProtection $mapping Rad } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
            { Set-ShmAdvice $mapping Soon } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        }
        finally { $mapping.Dispose() }
    }

    It 'knows all checks' {
        (Complete 'Test-ShmHost ').CompletionText | Sort-Object | Should -Be ((Test-ShmHost).Name | Sort-Object)
    }

    It 'inserts one argument that means the name, whatever is in it' {
        $hostile = @(
            "x`u{201D};touch pwned1;`u{201C}", "y`rtouch$([char] 0xA0)pwned2", "z$([char] 0xA0)-WhatIf:0",
            "v`vtouch pwned", "f`fpwned", "n`npwned", "t`tx",
            "line$([char] 0x2028)sep", "par$([char] 0x2029)a", "nel$([char] 0x85)x", "em$([char] 0x2003)blank",
            "a`u{2019}b", "a`u{2018}b", "a`u{201A}b", "a`u{201B}b", "a'b", 'a"b', "a`u{201E}b",
            '$(touch pwned)', '$PID', '`$x', 'a;b', 'a|b', 'a&b', 'a,b', '@(x)', '{x}', '#x', '*', 'a[b', 'a]b',
            "`u{2013}dash", "`u{2015}bar", "`e]0;PWNED`a`e[2J",
            "rtl$([char] 0x202E)x", '😀', '%x', '~', '^x', 'a\b', '-x', '1', '--%', 'a=b', 'é', "u$([char] 0xFF07)x"
        ) | ForEach-Object { "$base-h-$_" }
        $hostile += "$base-h-" + [char] 0xDC80 + 'raw'
        foreach ($name in $hostile | Where-Object { $_ -notmatch '\udc80' }) {
            # Set-Content reads a '\' as a '/', and a '*' as a wildcard.
            [IO.File]::WriteAllText("/dev/shm/$name", 'x')
        }
        perl -e 'open F, ">", "/dev/shm/$ARGV[0]-h-\x80raw" or die' $base
        $wanted = (Get-ShmSegment | Where-Object Name -Like "/$base-h-*").Name | Sort-Object
        $wanted.Count | Should -Be $hostile.Count
        foreach ($quote in '', "'", '"', "`u{2018}", "`u{201C}") {
            foreach ($cmdlet in 'Get-ShmSegment', 'Read-ShmData', 'Get-ShmSegment -LiteralName') {
                $found = @(Complete "$cmdlet $quote/$base-h-")
                $found.Count | Should -Be $wanted.Count
                $meant = foreach ($one in $found) {
                    "$($one.ListItemText)$($one.ToolTip)$($one.CompletionText)" |
                        Should -Not -Match '[\p{Cc}\p{Zl}\p{Zp}\u202e]'
                    $errors = $null
                    $ast = [Management.Automation.Language.Parser]::ParseInput(
                        "$cmdlet $($one.CompletionText)", [ref] $null, [ref] $errors)
                    $errors | Should -BeNullOrEmpty -Because $one.CompletionText
                    $ast.EndBlock.Statements.Count | Should -Be 1 -Because $one.CompletionText
                    $command = $ast.EndBlock.Statements[0].PipelineElements
                    $command.Count | Should -Be 1
                    $command[0].CommandElements.Count |
                        Should -Be (@(-split $cmdlet).Count + 1) -Because $one.CompletionText
                    $argument = $command[0].CommandElements[-1].SafeGetValue()
                    if ($cmdlet -eq 'Get-ShmSegment') { (Get-ShmSegment $argument).Name } else { $argument }
                }
                Compare-Object @($wanted) @($meant) -CaseSensitive |
                    Should -BeNullOrEmpty -Because "$cmdlet with $quote"
            }
        }
        Test-Path pwned* | Should -BeFalse
    }
}

Describe 'Prompts' {
    It 'say what is wanted: every mandatory parameter has a help message' {
        foreach ($cmdlet in Get-Command -Module PSSharedMemory -CommandType Cmdlet) {
            foreach ($parameter in $cmdlet.Parameters.Values) {
                foreach ($set in $parameter.ParameterSets.GetEnumerator() | Where-Object { $_.Value.IsMandatory }) {
                    $set.Value.HelpMessage |
                        Should -Not -BeNullOrEmpty -Because "$($cmdlet.Name) -$($parameter.Name) in $($set.Key)"
                }
            }
        }
    }
}

Describe 'No parameter' {
    It 'offers the files of the folder where a file is wrong' {
        # Paths, programs and what they are given, C declarations (also of a header), and blocks may be files or
        # commands.
        $may = 'Path$', '^OutFile$', '^FilePath$', '^ArgumentList$', '^Definition$', '^ScriptBlock$', '^Until$',
            '^Label$'
        $common = [System.Management.Automation.Cmdlet]::CommonParameters +
            [System.Management.Automation.Cmdlet]::OptionalCommonParameters
        $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-tab-')
        Push-Location $folder
        try {
            $null = New-Item 'a-file'
            $wrong = foreach ($cmdlet in Get-Command -Module PSSharedMemory -CommandType Cmdlet) {
                foreach ($parameter in $cmdlet.Parameters.Values) {
                    if ($parameter.Name -in $common -or $parameter.ParameterType -eq [switch] -or
                        $parameter.Name -match ($may -join '|')) { continue }
                    # A letter that begins the file's name alone.
                    $line = "$($cmdlet.Name) -$($parameter.Name) a-f"
                    if ((TabExpansion2 $line).CompletionMatches.CompletionText -like '*a-file') { $line }
                }
            }
            $wrong | Should -BeNullOrEmpty
            # The witness: the file is offered where one is right.
            (TabExpansion2 'Import-ShmSegment a-f').CompletionMatches.CompletionText | Should -BeLike '*a-file'
        }
        finally {
            Pop-Location
            $folder.Delete($true)
        }
    }

    It 'of a name for something new offers files: <_>' -ForEach 'New-ShmQueue ', 'New-ShmDictionary -Name ' {
        $name = "/pst-tab-new-$PID"
        $null = New-ShmSegment $name -Size 4096
        try {
            (TabExpansion2 "${_}pst-tab-n").CompletionMatches.CompletionText | Should -BeExactly $name
        }
        finally { Remove-ShmSegment $name }
    }
}

Describe 'Every parameter that is a choice' {
    It 'tells of each value what it means: <Cmdlet> -<Parameter>' -ForEach @(
        Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
        foreach ($cmdlet in Get-Command -Module PSSharedMemory -CommandType Cmdlet) {
            foreach ($parameter in $cmdlet.Parameters.Values | Where-Object Name -NotIn $common) {
                $type = $parameter.ParameterType
                $type = $type.IsArray ? $type.GetElementType() : $type
                $type = [Nullable]::GetUnderlyingType($type) ?? $type
                if ($type.IsEnum -or ($parameter.Attributes | Where-Object {
                            $_ -is [ValidateSet] -or $_ -is [PSSharedMemory.Commands.ChoiceAttribute] })) {
                    @{ Cmdlet = $cmdlet.Name; Parameter = $parameter.Name }
                }
            }
        }
    ) {
        $found = @(Complete "$Cmdlet -$Parameter ")
        $found.Count | Should -BeGreaterThan 1
        foreach ($one in $found) {
            $one.ToolTip | Should -Not -BeExactly $one.CompletionText
            $one.ToolTip | Should -Match ' ' -Because "$($one.CompletionText) is explained in words"
            $one.ToolTip.Length | Should -BeLessThan 90
            # Each is taken, in quotes, behind a comma and in small letters.
            @(Complete "$Cmdlet -$Parameter '$($one.CompletionText)").CompletionText |
                Should -Contain "'$($one.CompletionText)'"
        }
    }

    It 'takes what it offers, one or several' {
        @(Get-ShmSegment -Kind posix "$base-orders").Count | Should -Be 1
        @(Get-ShmSegment -Kind SysV, Posix "$base-orders").Count | Should -Be 1
        @(Get-ShmSegment -Kind ([PSSharedMemory.ShmKind]::Posix) "$base-orders").Count | Should -Be 1
        @(Get-ShmStat -Kind SysV | Where-Object Name -EQ "/$base-orders").Count | Should -Be 0
        { Get-ShmSegment -Kind Other } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        @(Get-ShmSegment -Kind 'SysV, Posix' "$base-orders").Count | Should -Be 1
        Write-ShmData "$base-orders" 258 -As UInt16 -ByteOrder bigendian
        Read-ShmData "$base-orders" -As Byte -Count 2 | Should -Be 1, 2
    }
}

Describe 'In odd places' {
    It '<Line> offers the segment' -ForEach @(
        @{ Line = 'Get-ShmStat /other, {0}-or' }, @{ Line = 'Get-ShmStat -Name "/{0}-or' }
        @{ Line = 'Get-ShmSegment -Namespace ipc Get-ShmStat; Get-ShmStat {0}-or' }
        @{ Line = 'Get-ShmSegment x | Copy-ShmData -Destination {0}-or' }
        @{ Line = '$x = @(Get-ShmSegment {0}-or' }, @{ Line = 'if (Get-ShmSegment -LiteralName /{0}-or' }
        @{ Line = 'Get-ShmStat (Get-ShmSegment {0}-or' }, @{ Line = '& {{ Remove-ShmSegment {0}-or' }
        @{ Line = 'Get-ShmSegment -Kind Posix -Name {0}-or' }
    ) {
        @(Complete ($Line -f $base)).ListItemText | Should -Contain "/$base-orders"
    }

    It 'a name with <What> stays one argument' -ForEach @(
        @{ What = 'a blank'; Name = 'a b' }, @{ What = 'a quote'; Name = "it's" }
        @{ What = 'a variable'; Name = '$HOME' }
        @{ What = 'double quotes'; Name = 'say "x"' }, @{ What = 'a backtick'; Name = 'a`b' }
        @{ What = 'a wildcard'; Name = 'a[1]*' }, @{ What = 'a semicolon'; Name = 'a;b' }
        @{ What = 'a comma'; Name = 'a,b' }
    ) {
        $null = New-ShmSegment "$base-odd-$Name" -Size 4KB
        try {
            foreach ($quote in '', "'", '"') {
                $text = @(Complete "Get-ShmSegment $quote$base-odd").CompletionText
                $text.Count | Should -Be 1
                (& ([scriptblock]::Create("Get-ShmSegment $text"))).Name |
                    Should -BeExactly "/$base-odd-$Name" -Because $text
            }
        }
        finally { Remove-Item -LiteralPath "/dev/shm/$base-odd-$Name" }
    }
}
