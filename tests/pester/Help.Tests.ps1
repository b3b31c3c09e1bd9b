# The help pages, the help file made of them, and the cmdlets say the same; and every example does what its page shows.

BeforeDiscovery {
    $root = Convert-Path "$PSScriptRoot/../.."
    Import-Module "$root/out/PSSharedMemory"
    $cmdlets = @((Get-Module PSSharedMemory).ExportedCmdlets.Keys | ForEach-Object { @{ Cmdlet = $_ } })
    $pages = @((Get-ChildItem "$root/docs/cmdlets" -Filter '*.md').FullName |
        ForEach-Object { @{ Cmdlet = [IO.Path]::GetFileNameWithoutExtension($_) } })
}

BeforeAll {
    $root = Convert-Path "$PSScriptRoot/../.."
    Import-Module "$root/out/PSSharedMemory"
    . "$PSScriptRoot/HelpPages.ps1"
    $pages = @{}
    (Get-ChildItem "$root/docs/cmdlets" -Filter '*.md').FullName | ForEach-Object {
        $pages[[IO.Path]::GetFileNameWithoutExtension($_)] = Read-HelpPage $_
    }
}

Describe 'Help pages' {
    It '<Cmdlet> has one' -ForEach $cmdlets {
        $pages.ContainsKey($Cmdlet) | Should -BeTrue
    }
}

Describe 'Get-Help' {
    It 'shows a parameter with its default' {
        $mode = Get-Help New-ShmSegment -Parameter Mode
        "$($mode.description.Text)" | Should -Match '0640'
        $mode.defaultValue | Should -BeExactly '0600'
    }

    It 'shows <_>' -ForEach @(
        (Get-ChildItem "$PSScriptRoot/../../docs/about" -Filter 'about_*.md').FullName |
            ForEach-Object { [IO.Path]::GetFileNameWithoutExtension($_) }
    ) {
        "$(Get-Help $_)" | Should -Match "# $_"
    }
}

Describe 'The page of <Cmdlet>' -ForEach $pages {
    BeforeAll {
        $page = $pages[$Cmdlet]
        $command = Get-Command $Cmdlet -Module PSSharedMemory -ErrorAction Ignore
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
    }

    It 'is of a cmdlet that is exported' {
        $command | Should -Not -BeNullOrEmpty
        $page.Title | Should -BeExactly $Cmdlet
    }

    It 'is complete' {
        $page.Text | Should -Not -Match '\{\{'
        $page.Sections['SYNOPSIS'] | Should -Match '\w.*\.$'
        $page.Sections['DESCRIPTION'].Length | Should -BeGreaterThan 80
        $page.Sections['NOTES'] | Should -Match '\w'
        $page.Sections['INPUTS'] | Should -Match '### \S'
        $page.Sections['OUTPUTS'] | Should -Match '### \S'
        $page.Sections['RELATED LINKS'] | Should -Match '^- \['
        $page.Examples.Count | Should -BeGreaterOrEqual 3
    }

    It 'has the parameters of the cmdlet, each described' {
        $names = @($command.Parameters.Keys | Where-Object { $_ -notin $common -or $_ -in 'WhatIf', 'Confirm' })
        Join-Sorted $page.Parameters.Keys | Should -BeExactly (Join-Sorted $names)
        foreach ($name in $names) {
            $page.Parameters[$name].Text | Should -Match '\w{3}.*\.$' -Because "-$name is described in sentences"
        }
    }

    It 'has their types, sets, positions, and what they take from the pipeline' {
        foreach ($name in $page.Parameters.Keys) {
            $parameter = $command.Parameters[$name]
            $said = $page.Parameters[$name]
            $said.Type | Should -BeExactly (Get-TypeText $parameter.ParameterType) -Because "-$name has that type"
            Join-Sorted $said.Sets |
                Should -BeExactly (Join-Sorted (Get-SetText $parameter)) -Because "-$name is so in these sets"
        }
        Join-Sorted $page.Syntaxes | Should -BeExactly (Join-Sorted $command.ParameterSets.Name)
    }

    It 'has the defaults that a new cmdlet has' {
        $fresh = [Activator]::CreateInstance($command.ImplementingType)
        foreach ($name in $page.Parameters.Keys | Where-Object { $_ -notin 'WhatIf', 'Confirm' }) {
            if (-not @($command.Parameters[$name].ParameterSets.Values | Where-Object { -not $_.IsMandatory })) {
                continue
            }
            $value = $fresh.$name
            $said = $page.Parameters[$name].Default
            $actual = @($value) -join ', '
            if ($said -eq 'this process') { $actual | Should -Be $PID -Because "-$name is this process" }
            elseif ($said -ne '' -and $actual -ne '') {
                $actual | Should -Be $said -Because "it is the default of -$name"
            }
            elseif ($actual -notin '', '0', 'False', 'None', "$([long]::MaxValue)") {
                "no default of -$name" | Should -Be $actual
            }
        }
    }

    It 'leads to pages that exist' {
        foreach ($link in [regex]::Matches($page.Sections['RELATED LINKS'], '\]\((.*?)\)')) {
            $target = [IO.Path]::GetFullPath("$root/docs/cmdlets/$($link.Groups[1].Value)")
            Test-Path $target | Should -BeTrue -Because "$target is linked"
        }
    }

    It 'is what Get-Help shows' {
        $help = Get-Help $Cmdlet
        "$($help.Synopsis)".Trim() | Should -BeExactly $page.Sections['SYNOPSIS']
        $examples = @($help.examples.example)
        $examples.Count | Should -Be $page.Examples.Count
        for ($i = 0; $i -lt $examples.Count; $i++) {
            # What is between code fences is all in one place there: code, output and prose.
            $shown = (@($examples[$i].code) + @($examples[$i].remarks.Text)) -join "`n"
            foreach ($line in "$($page.Examples[$i].Code)`n$($page.Examples[$i].Output)".Split("`n") |
                Where-Object { $_.Trim() }) {
                $shown.Contains($line.Trim()) |
                    Should -BeTrue -Because "example $($i + 1) has the line $line; ./build.ps1 -Task Docs makes the help file again"
            }
        }
        foreach ($name in $page.Parameters.Keys) {
            $described = @($help.parameters.parameter | Where-Object Name -EQ $name)
            $described.Count |
                Should -Be 1 -Because "-$name is in the help file once; ./build.ps1 -Task Docs makes it anew"
            $words = { param($text) (-split ($text -replace '[*`\\]')) -join ' ' }
            & $words (@($described[0].description.Text) -join ' ') |
                Should -BeExactly (& $words $page.Parameters[$name].Text)
        }
    }
}

Describe 'Examples' {
    BeforeAll {
        $outcome = Invoke-HelpExample $root $pages (Get-MissingTool)
    }

    It 'of <Cmdlet> give what its page says' -ForEach $pages {
        $lacking = $outcome.Lacking[$Cmdlet]
        if ($lacking) {
            Set-ItResult -Skipped -Because $lacking
            return
        }
        $page = $pages[$Cmdlet]
        for ($i = 0; $i -lt $page.Examples.Count; $i++) {
            $said = Get-Shape $page.Examples[$i].Output
            $given = Get-Shape $outcome.Outputs["$Cmdlet $i"]
            Compare-Shape $said $given $Cmdlet |
                Should -BeNullOrEmpty -Because "example $($i + 1) gave:`n$($outcome.Outputs["$Cmdlet $i"])`n"
        }
    }

    It 'leave nothing behind' {
        $outcome.Left | Should -BeNullOrEmpty
    }
}
