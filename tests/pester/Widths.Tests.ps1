# Every table at every width that a terminal may have. A table of PowerShell has no narrowest column: what doesn't fit
# is cut to one letter before it is left out. So tables fit into 60 columns, and those that don't fit into 40 have one
# for a narrow terminal besides.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $tables = Get-ChildItem "$PSScriptRoot/../../out/PSSharedMemory/Views/*.format.ps1xml" | ForEach-Object {
        foreach ($view in ([xml] (Get-Content -Raw $_)).Configuration.ViewDefinitions.View) {
            if ($view.TableControl) {
                foreach ($name in @($view.ViewSelectedBy.TypeName)) {
                    $headers = $view.TableControl.TableHeaders.TableColumnHeader
                    @{ Type = $name; Labels = @($headers.Label); Wraps = $null -ne $view.SelectSingleNode('.//Wrap') }
                }
            }
        }
    }
    $wide = @($tables | Where-Object Type -Like '*#Wide')
    $narrow = @($tables | Where-Object Type -Like '*#Narrow')
    $usual = @($tables | Where-Object Type -NotMatch '#(Wide|Narrow)')
    # A terminal of 40 gives a table 39.
    $small = @($usual | Where-Object { "$($_.Type -replace '#.*')#Narrow" -notin $narrow.Type }) + $narrow
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    # The columns of a table of this type: where each begins, and what its header says. They don't depend on what is in
    # the rows, so an object of that name does.
    function Get-Column([object[]] $Formatted, [int] $Width) {
        $style = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try { $lines = @($Formatted | Out-String -Width $Width -Stream) }
        finally { $PSStyle.OutputRendering = $style }
        $rule = [array]::FindIndex([string[]] $lines, [Predicate[string]] { $args[0] -match '^\s*-[- ]*$' })
        # A header that is cut goes on over the line.
        $lines[$rule - 2] | Should -BeNullOrEmpty -Because "no header is broken at $Width columns"
        foreach ($mark in [regex]::Matches($lines[$rule], '-+')) {
            $lines[$rule - 1].PadRight($Width).Substring($mark.Index, $mark.Length)
        }
    }
}

Describe 'A table of <Type>' -ForEach $usual {
    It 'has all its columns, each with its whole header, from 60 to 200 columns' {
        $formatted = @([pscustomobject] @{ PSTypeName = $Type; Any = 1 } | Format-Table)
        foreach ($width in (60..72) + 79, 80, 81, 90, 100, 119, 120, 160, 200) {
            $found = @(Get-Column $formatted $width)
            $found | Should -Be $Labels -Because "at $width columns"
        }
    }
}

Describe 'A wide table of <Type>' -ForEach $wide {
    It 'has all its columns from 100 columns on' {
        $formatted = @([pscustomobject] @{ PSTypeName = $Type; Any = 1 } | Format-Table)
        foreach ($width in 100, 110, 119, 120, 160, 200) {
            @(Get-Column $formatted $width) | Should -Be $Labels -Because "at $width columns"
        }
    }
}

Describe 'What a narrow terminal shows of <Type>' -ForEach $small {
    It 'has all its columns from 39 columns on' {
        # Of a region the exact length is the last column.
        $least = $Type -eq 'PSSharedMemory.ShmRegion' ? 50 : 39
        $formatted = @([pscustomobject] @{ PSTypeName = $Type; Any = 1 } | Format-Table)
        foreach ($width in 39, 40, 45, 50, 60, 69 -ge $least) {
            @(Get-Column $formatted $width) | Should -Be $Labels -Because "at $width columns"
        }
    }
}
