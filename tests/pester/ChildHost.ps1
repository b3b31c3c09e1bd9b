# Runs a script with the module loaded in a pwsh process of its own.
# -Through names a program, with its arguments, that starts the host: setpriv, unshare, strace, ... -Module is another
# folder of the module than the staged one.

function Invoke-ChildHost {
    param([string] $Script, [string[]] $Through = @(), [string] $Module = "$PSScriptRoot/../../out/PSSharedMemory")

    # A folder that every user can read and enter; the checkout may lie in a home that is closed.
    $public = [System.IO.Directory]::CreateTempSubdirectory('pst-host-').FullName
    try {
        mkdir "$public/out"
        cp -r $Module "$public/out/PSSharedMemory"
        Set-Content "$public/script.ps1" "Import-Module '$public/out/PSSharedMemory'`n$Script"
        chmod -R a+rX $public
        & env "HOME=$public" "DOTNET_CLI_HOME=$public" POWERSHELL_TELEMETRY_OPTOUT=1 @Through pwsh -NoProfile -NonInteractive -File "$public/script.ps1"
    }
    finally {
        Remove-Item $public -Recurse -Force
    }
}
