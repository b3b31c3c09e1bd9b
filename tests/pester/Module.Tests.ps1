BeforeDiscovery {
    $folder = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/PSSharedMemory")
    Import-Module $folder -Force
    $cmdlets = @(Get-Command -Module PSSharedMemory -CommandType Cmdlet)
    $changing = $cmdlets |
        Where-Object Verb -NotIn 'Get', 'Read', 'Find', 'Test', 'Search', 'Compare', 'Format', 'Show',
        'Measure', 'Trace', 'Wait', 'Watch', 'Export', 'ConvertTo'
    # A cmdlet that makes only an object in this process changes nothing; taking a lock is no change to confirm either.
    $changing = @($changing | Where-Object Name -NotIn 'New-ShmType', 'Enter-ShmSemaphore', 'Exit-ShmSemaphore',
        'Lock-ShmMutex', 'Unlock-ShmMutex')
}

BeforeAll {
    $folder = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/PSSharedMemory")
    Import-Module $folder -Force
    $module = Get-Module PSSharedMemory
}

Describe 'The staged module' {
    It 'is imported from its own folder' {
        $module.ModuleBase | Should -BeExactly $folder
    }

    It 'exports the cmdlets of its manifest and nothing else' {
        $manifest = Import-PowerShellDataFile "$folder/PSSharedMemory.psd1"
        @($module.ExportedCommands.Keys) | ForEach-Object { $_ | Should -BeIn $manifest.CmdletsToExport }
        $manifest.CmdletsToExport | ForEach-Object { $module.ExportedCmdlets.Keys | Should -Contain $_ }
        $module.ExportedFunctions.Count | Should -Be 0
        $module.ExportedAliases.Count | Should -Be 0
        $module.ExportedVariables.Count | Should -Be 0
    }

    It 'has no cmdlet that the manifest does not name' {
        $assembly = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object Location -EQ "$folder/PSSharedMemory.dll"
        $names = $assembly.GetTypes() | ForEach-Object {
            $attribute = [Attribute]::GetCustomAttribute($_, [Management.Automation.CmdletAttribute])
            if ($attribute) { "$($attribute.VerbName)-$($attribute.NounName)" }
        }
        @($names) | Should -HaveCount $module.ExportedCmdlets.Count
        $names | ForEach-Object { $module.ExportedCmdlets.Keys | Should -Contain $_ }
    }

    It 'names its cmdlets in alphabetical order' {
        $manifest = Import-PowerShellDataFile "$folder/PSSharedMemory.psd1"
        $sorted = [string[]]$manifest.CmdletsToExport.Clone()
        [Array]::Sort($sorted, [StringComparer]::OrdinalIgnoreCase)
        $manifest.CmdletsToExport | Should -Be $sorted
    }

    It 'brings no assembly but its own' {
        $files = (Get-ChildItem $folder -Filter *.dll).Name
        $files | ForEach-Object { $_ | Should -BeLike 'PSSharedMemory*.dll' }
    }
}

Describe 'A module that was built again under a session' {
    It 'still runs, and says once that a new pwsh is needed' {
        $copy = "$TestDrive/PSSharedMemory"
        Copy-Item $folder $copy -Recurse
        Set-Content TestDrive:/session.ps1 {
            param($copy)
            Import-Module $copy
            Import-Module $copy -Force
            'unchanged'
            # The build's own id lies in the file as it is in the assembly.
            $text = [System.Text.Encoding]::Latin1
            foreach ($type in [PSSharedMemory.ShmSegment], (Get-Command Get-ShmSegment).ImplementingType) {
                $path = "$copy/$($type.Module.Name)"
                $image = [System.IO.File]::ReadAllBytes($path)
                $id = $type.Module.ModuleVersionId.ToByteArray()
                $at = $text.GetString($image).IndexOf($text.GetString($id), [StringComparison]::Ordinal)
                $image[$at] = $image[$at] -bxor 1
                Remove-Item $path
                [System.IO.File]::WriteAllBytes($path, $image)
            }

            Import-Module $copy -Force
            Import-Module $copy -Force
            (Get-Command Get-ShmSegment).Source
        }
        $said = pwsh -NoProfile -File "$TestDrive/session.ps1" $copy 2>&1 | Out-String
        $said | Should -Match '(?s)^unchanged.*new pwsh.*PSSharedMemory\s*$'
        @($said -split 'new pwsh').Count | Should -Be 2
    }
}

Describe '<_.Name>' -ForEach $cmdlets {
    It 'has an approved verb' {
        $approved = 'Common', 'Communications', 'Data', 'Diagnostic', 'Lifecycle', 'Other', 'Security' |
            ForEach-Object {
            ([Management.Automation.PSObject].Assembly.GetType("System.Management.Automation.Verbs$_")).GetFields().Name
        }
        $_.Verb | Should -BeIn $approved
    }

    It 'has a noun that begins with Shm' {
        $_.Noun | Should -MatchExactly '^Shm[A-Z]'
    }

    It 'shows ordinary types in its syntax' {
        foreach ($parameter in $_.Parameters.Values) {
            $parameter.ParameterType.FullName |
                Should -Not -BeLike 'PSSharedMemory.Commands.*Argument*' -Because $parameter.Name
        }

        Get-Command $_ -Syntax | Should -Not -Match '<\w*Argument\b'
    }

    It 'has the common parameters' {
        foreach ($name in 'Verbose', 'Debug', 'ErrorAction', 'WarningAction', 'ErrorVariable', 'OutVariable') {
            $_.Parameters.Keys | Should -Contain $name
        }
    }
}

Describe 'What changes something asks first' {
    It '<_.Name> has -WhatIf and -Confirm' -ForEach $changing {
        $_.Parameters.Keys | Should -Contain 'WhatIf'
        $_.Parameters.Keys | Should -Contain 'Confirm'
    }
}
