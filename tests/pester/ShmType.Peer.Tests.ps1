# A C program and the module read each other's struct, field by field, in both directions. The one compiles
# tests/native/structpeer.h, the other reads the same text with New-ShmType.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $hasCompiler = Test-Compiler

    # What 'structpeer fill' puts there, as PowerShell sees it.
    $filled = @(
        @{ Path = 'title'; Expected = "Gr$([char]0xfc)$([char]0xdf) Gott" }
        @{ Path = 'rows[0]'; Expected = '12345678' }
        @{ Path = 'rows[1]'; Expected = 'b' }
        @{ Path = 'items[0].id'; Expected = 100 }
        @{ Path = 'items[2].name'; Expected = 'item-2' }
        @{ Path = 'items[1].at.x'; Expected = 1.5 }
        @{ Path = 'items[2].at.y'; Expected = -2.0 }
        @{ Path = 'items[0].state'; Expected = 'STATE_IDLE' }
        @{ Path = 'items[1].state'; Expected = 'STATE_RUNNING' }
        @{ Path = 'items[2].state'; Expected = 'STATE_FAILED' }
        @{ Path = 'record.tag'; Expected = 254 }
        @{ Path = 'record.length'; Expected = [uint32]3735928559 }
        @{ Path = 'record.stamp'; Expected = [long]::MinValue }
        @{ Path = 'record.crc'; Expected = 0xabcd }
        @{ Path = 'flags.ready'; Expected = 1 }
        @{ Path = 'flags.mode'; Expected = 5 }
        @{ Path = 'flags.delta'; Expected = -64 }
        @{ Path = 'flags.wide'; Expected = 0xa5a5a5a5a5 }
        @{ Path = 'flags.last'; Expected = $true }
        @{ Path = 'flags.state'; Expected = 'STATE_FAILED' }
        @{ Path = 'tight.low'; Expected = 6 }
        @{ Path = 'tight.across'; Expected = 0x1abcd }
        @{ Path = 'tight.far'; Expected = -8000000000000 }
        @{ Path = 'tight.after'; Expected = 0x77 }
        @{ Path = 'sequence'; Expected = [uint32]4000000000 }
        @{ Path = 'signed_count'; Expected = -7 }
        @{ Path = 'total'; Expected = [uint64]::MaxValue }
        @{ Path = 'grid[0][0]'; Expected = -2500 }
        @{ Path = 'grid[1][2]'; Expected = 2500 }
        @{ Path = 'real'; Expected = 1.5 }
        @{ Path = 'bits'; Expected = 0x3fc00000 }
        @{ Path = 'pair.left'; Expected = -2 }
        @{ Path = 'pair.right'; Expected = 1099511627776 }
        @{ Path = 'letter'; Expected = 'Q' }
        @{ Path = 'is_open'; Expected = $true }
        @{ Path = 'text'; Expected = 0x7f0000001234 }
        @{ Path = 'callback'; Expected = 0x401000 }
        @{ Path = 'wide_text'; Expected = "h$([char]0xe9)$([char]::ConvertFromUtf32(0x1f600))" }
        @{ Path = 'aligned'; Expected = -0.25 }
        @{ Path = 'huge'; Expected = [bigint]::Pow(2, 100) - 1 }
        @{ Path = 'tail_count'; Expected = 4 }
        @{ Path = 'tail[3]'; Expected = 40 }
    )

    # What a script writes, and what 'structpeer show' then reads.
    $written = @(
        @{ Path = 'title'; Value = "$([char]0x20ac) 5,$([char]0x2013)"; Shown = "$([char]0x20ac) 5,$([char]0x2013)" }
        @{ Path = 'title'; Value = 'x' * 32; Shown = 'x' * 32 }
        @{ Path = 'title'; Value = ''; Shown = '' }
        @{ Path = 'rows[1]'; Value = 'eightchr'; Shown = 'eightchr' }
        @{ Path = 'items[1].id'; Value = [uint32]::MaxValue; Shown = '4294967295' }
        @{ Path = 'items[2].name'; Value = 'fifteen letters'; Shown = 'fifteen letters' }
        @{ Path = 'items[0].at.y'; Value = 2.25; Shown = '2.25' }
        @{ Path = 'items[0].state'; Value = 'state_failed'; Shown = '-1' }
        @{ Path = 'items[0].state'; Value = 11; Shown = '11' }
        @{ Path = 'record.tag'; Value = 255; Shown = '255' }
        @{ Path = 'record.length'; Value = 1; Shown = '1' }
        @{ Path = 'record.stamp'; Value = -5; Shown = '-5' }
        @{ Path = 'record.crc'; Value = 65535; Shown = '65535' }
        @{ Path = 'flags.ready'; Value = 1; Shown = '1' }
        @{ Path = 'flags.mode'; Value = 7; Shown = '7' }
        @{ Path = 'flags.delta'; Value = -64; Shown = '-64' }
        @{ Path = 'flags.delta'; Value = 63; Shown = '63' }
        @{ Path = 'flags.wide'; Value = 1099511627775; Shown = '1099511627775' }
        @{ Path = 'flags.last'; Value = $true; Shown = '1' }
        @{ Path = 'flags.state'; Value = 'STATE_RUNNING'; Shown = '10' }
        @{ Path = 'flags.state'; Value = 'STATE_FAILED'; Shown = '-1' }
        @{ Path = 'tight.low'; Value = 7; Shown = '7' }
        @{ Path = 'tight.across'; Value = 131071; Shown = '131071' }
        @{ Path = 'tight.far'; Value = -8796093022208; Shown = '-8796093022208' }
        @{ Path = 'tight.after'; Value = 1; Shown = '1' }
        @{ Path = 'sequence'; Value = [uint32]::MaxValue; Shown = '4294967295' }
        @{ Path = 'signed_count'; Value = [int]::MinValue; Shown = '-2147483648' }
        @{ Path = 'total'; Value = [uint64]::MaxValue; Shown = '18446744073709551615' }
        @{ Path = 'grid[1][0]'; Value = 77; Shown = '77' }
        @{ Path = 'real'; Value = 0.5; Shown = '0.5' }
        @{ Path = 'bits'; Value = 0x40490fdb; Shown = '1078530011' }
        @{ Path = 'pair.left'; Value = -32768; Shown = '-32768' }
        @{ Path = 'pair.right'; Value = [long]::MaxValue; Shown = '9223372036854775807' }
        @{ Path = 'letter'; Value = 'z'; Shown = 'z' }
        @{ Path = 'letter'; Value = 65; Shown = 'A' }
        @{ Path = 'is_open'; Value = $true; Shown = '1' }
        @{ Path = 'text'; Value = 0x1234; Shown = '0x1234' }
        @{ Path = 'callback'; Value = '0x401abc'; Shown = '0x401abc' }
        @{ Path = 'wide_text'; Value = "$([char]0x20ac)"; Shown = '20ac' }
        @{ Path = 'raw'; Value = [byte[]](9, 8, 7, 6, 255); Shown = '09080706ff' }
        @{ Path = 'aligned'; Value = 3; Shown = '3' }
        @{ Path = 'huge'; Value = - [bigint]::Pow(2, 127); Shown = '80000000000000000000000000000000' }
    )
}

BeforeAll {
    . "$PSScriptRoot/Peers.ps1"
    Import-Module (Convert-Path "$PSScriptRoot/../../out/PSSharedMemory")
    $definition = Get-Content "$PSScriptRoot/../native/structpeer.h" -Raw
    $type = New-ShmType $definition
    $name = "/pst-layouts-$PID"
    $mapping = New-ShmSegment -Name $name -Size 8192 -Mount
    if (Test-Compiler) { $peer = Get-NativeProgram 'structpeer.c' }

    function Get-Shown {
        $shown = @{}
        foreach ($line in & $peer show $name) {
            $at = $line.IndexOf('=')
            $shown[$line.Substring(0, $at)] = $line.Substring($at + 1)
        }
        $shown
    }
}

AfterAll {
    Dismount-ShmSegment $mapping
    Remove-ShmSegment -Name $name
}

Describe 'A struct that a C program and the module share' -Tag Compiler -Skip:(-not $hasCompiler) {
    It 'has the offsets and sizes that the compiler gives it' {
        foreach ($line in & $peer layout) {
            $path, $offset, $size = $line -split ' '
            if ($path -eq 'board') {
                $type.Size | Should -Be $size
                continue
            }
            $field = $type.GetField($path)
            "$path $($field.Offset) $($field.Size)" | Should -BeExactly $line
        }
    }

    Context 'written by the program' {
        BeforeAll {
            $null = & $peer fill $name
            $whole = Read-ShmData $mapping -As $type
        }

        It 'has <Path> by its path' -ForEach $filled {
            Read-ShmData $mapping -As $type -Field $Path | Should -Be $Expected
        }

        It 'has <Path> in the object of the whole' -ForEach ($filled | Where-Object Path -NotLike 'tail*') {
            $value = $whole
            foreach ($step in $Path -split '\.|(?=\[)') {
                $value = if ($step[0] -eq '[') { $value[[int]$step.Trim('[', ']')] } else { $value.$step }
            }
            $value | Should -Be $Expected
        }

        It 'has typed values' {
            $whole.record.tag | Should -BeOfType ([byte])
            $whole.sequence | Should -BeOfType ([uint32])
            $whole.pair.left | Should -BeOfType ([int16])
            $whole.real | Should -BeOfType ([float])
            , $whole.raw | Should -BeOfType ([byte[]])
            , $whole.grid | Should -BeOfType ([int[][]])
            $whole.items.Count | Should -Be 3
            "$($whole.text)" | Should -BeExactly '0x7f0000001234'
            [int]$whole.items[2].state | Should -Be -1
            $whole.raw | Should -Be 1, 0, 255, 128, 5
        }

        It 'has the elements behind its end' {
            $tail = Read-ShmData $mapping -As $type -Field tail -Count 4 -NoEnumerate
            , $tail | Should -BeOfType ([uint16[]])
            $tail | Should -Be 10, 20, 30, 40
        }
    }

    Context 'written by the module' {
        BeforeEach {
            Write-ShmData $mapping ([byte[]]::new(8192))
        }

        It 'shows the program <Path> as <Shown>' -ForEach $written {
            Write-ShmData $mapping -As $type -Field $Path -Value $Value
            (Get-Shown)[$Path] | Should -BeExactly $Shown
        }

        It 'touches no byte but those of <Path> for <Shown>' -ForEach $written {
            $before = [byte[]]::new(8192)
            [Array]::Fill($before, [byte]0xa5)
            Write-ShmData $mapping $before
            Write-ShmData $mapping -As $type -Field $Path -Value $Value
            $after = Read-ShmData $mapping
            $field = $type.GetField($Path)
            $end = $field.Offset + $field.Size
            [Linq.Enumerable]::SequenceEqual(
                [byte[]]$before[0..($field.Offset - 1)], [byte[]]$after[0..($field.Offset - 1)]) -or
                $field.Offset -eq 0 |
                Should -BeTrue
            [Linq.Enumerable]::SequenceEqual([byte[]]$before[$end..8191], [byte[]]$after[$end..8191]) | Should -BeTrue
        }

        It 'shows the program all that a hashtable names, and zero for the rest' {
            Write-ShmData $mapping -As $type -Value @{
                title   = 'all'
                record  = @{ crc = 7; tag = 3 }
                items   = @(@{ id = 1 }, @{ name = 'two' }, @{ at = @{ y = 4 } })
                flags   = @{ mode = 2; last = $true }
                grid    = @((1, 2, 3), (4, 5, 6))
                'pair.right' = 12
            }
            $shown = Get-Shown
            $shown['title'] | Should -BeExactly 'all'
            $shown['record.crc'] | Should -Be 7
            $shown['record.tag'] | Should -Be 3
            $shown['record.length'] | Should -Be 0
            $shown['items[0].id'] | Should -Be 1
            $shown['items[1].name'] | Should -BeExactly 'two'
            $shown['items[2].at.y'] | Should -Be 4
            $shown['flags.mode'] | Should -Be 2
            $shown['flags.last'] | Should -Be 1
            $shown['flags.ready'] | Should -Be 0
            $shown['grid[1][1]'] | Should -Be 5
            $shown['pair.right'] | Should -Be 12
            $shown['pair.left'] | Should -Be 0
        }

        It 'shows the program its own values again after they went through an object' {
            $null = & $peer fill $name
            $before = & $peer show $name
            $object = Read-ShmData $mapping -As $type
            Write-ShmData $mapping ([byte[]]::new($type.Size))
            Write-ShmData $mapping -As $type -Value $object
            @(& $peer show $name | Where-Object { $_ -notlike 'tail*' }) |
                Should -Be @($before | Where-Object { $_ -notlike 'tail*' })
        }
    }
}
