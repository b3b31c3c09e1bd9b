# chaos-peer.c in PowerShell: chaos-peer.ps1 produce|consume QUEUE FILE MODULE.
param($Work, $Name, $File, $Module)

$ErrorActionPreference = 'Stop'
Import-Module $Module
$notes = [IO.FileStream]::new($File, 'Append', 'Write', 'ReadWrite', 0)
function Write-Note($Line) { $notes.Write([Text.Encoding]::ASCII.GetBytes("$Line`n")) }
function Get-Filling([long] $Number) { [string]::new([char] (97 + $Number % 26), $Number * 37 % 1500) }

if ($Work -eq 'produce') {
    $queue, $id = (Get-ShmQueue $Name), $File.Substring($File.Length - 32)
    for ($number = 0; ; $number++) {
        Send-ShmMessage $queue "${id}:${number}:$(Get-Filling $number)"
        Write-Note $number
        [Threading.Thread]::Sleep(2)
    }
}

Receive-ShmMessage $Name -Wait -ScriptBlock {
    $producer, $number, $rest = $_ -split ':'
    Write-Note ($rest -ceq (Get-Filling $number) ? "$producer $number" : 'torn')
}
