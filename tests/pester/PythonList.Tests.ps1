#requires -Version 7.4
# Lists that Python's multiprocessing.shared_memory.ShareableList keeps, both ways, with the real Python.

BeforeDiscovery {
    $hasPython = [bool](Get-Command python3 -ErrorAction Ignore)
}

BeforeAll {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'out', 'PSSharedMemory'))
    $name = "pst-list-$PID"
    # Without this Python's resource tracker would remove what it has only opened: track=False is there from 3.13 on.
    $open = @'
import sys
from multiprocessing import shared_memory, resource_tracker
def keep(name):
    if sys.version_info < (3, 13):
        resource_tracker.unregister('/' + name.lstrip('/'), 'shared_memory')
'@
}

Describe 'A list of Python' -Skip:(-not $hasPython) {
    AfterEach {
        if (Get-ShmSegment "/$name*") { Remove-ShmSegment "/$name" }
    }

    It 'is read as its items' {
        python3 -c @"
$open
l = shared_memory.ShareableList([1, -2**63, 2.5, True, False, None, 'text', b'\x01\x02', '', 'exactly8', 'ä'], name='$name')
l.shm.close()
keep('$name')
"@
        $list = Read-ShmData "/$name" -As PythonList -NoEnumerate
        $list.Count | Should -Be 11
        $list[0] | Should -BeOfType ([long])
        $list[1] | Should -Be ([long]::MinValue)
        $list[2] | Should -Be 2.5
        $list[3] | Should -BeTrue
        $list[4] | Should -BeFalse
        $list[5] | Should -BeNullOrEmpty
        $list[6] | Should -BeExactly 'text'
        $list[7] | Should -Be 1, 2
        $list[8] | Should -BeExactly ''
        $list[9] | Should -BeExactly 'exactly8'
        $list[10] | Should -BeExactly ([string][char]0xE4)
        (Read-ShmData "/$name" -As PythonList | Measure-Object).Count | Should -BeGreaterThan 8
        $first, $second = Read-ShmData "/$name" -As PythonList
        $first | Should -Be 1
    }

    It 'whose text was cut by its bug is read up to the last whole character' {
        # 7 characters get 8 bytes, and take 14.
        python3 -c @"
$open
l = shared_memory.ShareableList(['\u00e9' * 7, '\u20ac' * 3, 'after'], name='$name')
l.shm.close()
keep('$name')
"@
        $list = Read-ShmData "/$name" -As PythonList -NoEnumerate
        $list[0] | Should -BeExactly ([string][char]0xE9 * 4)
        $list[1] | Should -BeExactly ([string][char]0x20AC * 2)
        $list[2] | Should -BeExactly 'after'
    }

    It 'is written so that Python reads it, and lets it be' {
        New-ShmSegment "/$name" -Size 4KB
        $text = [string][char]0xE9 * 7
        Write-ShmData "/$name" 5, (-1.5), $true, $null, $text, ([byte[]](1, 0, 2)), 'x' -As PythonList
        $seen = python3 -X utf8 -c @"
$open
l = shared_memory.ShareableList(name='$name')
print(list(l))
l[0] = 6
l[6] = 'yz'
l.shm.close()
keep('$name')
"@
        $seen | Should -BeExactly "[5, -1.5, True, None, '$text', b'\x01\x00\x02', 'x']"
        Get-ShmSegment "/$name" | Should -Not -BeNullOrEmpty
        $list = Read-ShmData "/$name" -As PythonList -NoEnumerate
        $list[0] | Should -Be 6
        $list[4] | Should -BeExactly $text
        $list[6] | Should -BeExactly 'yz'
    }

    It 'refuses what Python has no place for, and writes nothing' {
        New-ShmSegment "/$name" -Size 4KB
        Write-ShmData "/$name" 1, 2 -As PythonList
        foreach ($bad in (Get-Date), "ends`0", [bigint]::Pow(2, 64)) {
            { Write-ShmData "/$name" 3, $bad -As PythonList -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
        }

        Read-ShmData "/$name" -As PythonList | Should -Be 1, 2
    }

    It 'that lies is no list: <_>' -ForEach @(
        '-1', '1152921504606846976', '100,0,8', '1,0,-8', '1,0,9223372036854775000', '2,0,16,8', '1,5,2'
    ) {
        New-ShmSegment "/$name" -Size 4KB
        Write-ShmData "/$name" ([long[]]($_ -split ',')) -As Int64
        { Read-ShmData "/$name" -As PythonList -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure*'
    }
}
