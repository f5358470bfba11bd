/// What the compiler says about mistakes inside lmm { }.
module LmmFunctional.Tests.CompileErrorTests

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Expecto

// An interactive session goes on after a mistake, so that one compiler sees them all.
let private mistakes =
    let library = Path.Combine(AppContext.BaseDirectory, "LmmFunctional.dll")

    [
        $"#r @\"{library}\""
        "open LmmFunctional; open LmmFunctional.Dsl;;"
        "let noResponse ="
        "    lmm { fixed' intercept };;"
        "let twoResponses ="
        "    lmm {"
        "        response \"y\"" // line 7
        "        response \"z\""
        "    };;"
        "let misspelt ="
        "    lmm {"
        "        response \"y\""
        "        randm (intercept |> by \"g\")" // line 13
        "    };;"
        "let forgotBy ="
        "    lmm {"
        "        response \"y\""
        "        random intercept" // line 18
        "    };;"
        "let formulaAndResponse ="
        "    lmm {"
        "        formula \"y ~ x\"" // line 22
        "        response \"z\""
        "    };;"
        "let explicitYield ="
        "    lmm {"
        "        response \"y\"" // line 27
        "        yield fixed' intercept"
        "    };;"
        "let right ="
        "    lmm {"
        "        response \"y\""
        "    };;"
        "let forgotWithin ="
        "    lmm {"
        "        response \"y\""
        "        residual (ar1 \"week\")" // line 37
        "    };;"
        "let byForWithin ="
        "    lmm {"
        "        response \"y\""
        "        residual (ar1 \"week\" |> by \"subject\")" // line 42
        "    };;"
        "let structures ="
        "    [ ar1; compoundSymmetry; toeplitz; unstructured ]"
        "    |> List.map (fun structure -> structure \"visit\" |> within \"patient\");;"
        "exit 0;;"
    ]

let private session () =
    let start =
        ProcessStartInfo("dotnet", [ "fsi"; "--nologo"; "--quiet"; "--readline-" ])

    start.RedirectStandardInput <- true
    start.RedirectStandardError <- true
    start.RedirectStandardOutput <- true
    use compiler = nonNull (Process.Start start)
    let output = compiler.StandardOutput.ReadToEndAsync()
    mistakes |> List.iter compiler.StandardInput.WriteLine
    compiler.StandardInput.Close()
    let errors = compiler.StandardError.ReadToEnd()
    compiler.WaitForExit()
    output.Wait()

    Regex.Matches(errors, @"stdin\((\d+),\d+\): (.*?)(?=\n\s*\n|\z)", RegexOptions.Singleline)
    |> Seq.map (fun found -> $"{found.Groups[1].Value}: " + Regex.Replace(found.Groups[2].Value, @"\s+", " "))
    |> List.ofSeq

/// Every message as "line: text", with single blanks.
let private compilerSays = lazy (session ())

[<Tests>]
let tests =
    testList "CompileErrorTests" [
        testCase "mistakes are explained in our words" (fun () ->
            let messages = compilerSays.Value
            let all = String.concat Environment.NewLine messages

            let says line (text: string) =
                let found =
                    messages
                    |> List.exists (fun message -> message.StartsWith($"{line}: {text}", StringComparison.Ordinal))

                Expect.isTrue found ($"line {line}: {text}{Environment.NewLine}is not in{Environment.NewLine}{all}")

            let noResponse =
                "error FS10102: lmm { }: no response named; add, for example, response \"y\"."

            let twoResponses =
                "error FS10101: lmm { }: two responses named; keep exactly one 'response'."

            Expect.contains messages $"4: {noResponse}" "messages"
            Expect.contains messages $"7: {twoResponses}" "messages"
            Expect.contains messages $"22: {twoResponses}" "messages"

            says
                13
                "error FS0039: The value or constructor 'randm' is not defined. Maybe you want one of the following: random"

            says
                37
                "error FS0001: This expression was expected to have type 'Model.ResidualTerm' but here has type 'StructuredAlong'"

            says 42 "error FS0001: Type mismatch. Expecting a"

            says
                18
                "error FS0001: This expression was expected to have type 'Model.RandomTerm' but here has type 'Model.Terms'")

        testCase "a model without mistakes is accepted" (fun () ->
            let aboutLastModel (message: string) =
                [ 30..33 ] @ [ 44..46 ]
                |> List.exists (fun line -> message.StartsWith $"{line}: ")

            Check.isEmpty (compilerSays.Value |> List.filter aboutLastModel))

        testCase "an explicit yield drops the other clauses with a warning" (fun () ->
            Check.startsWith
                "27: warning FS0020: The result of this expression has type 'ResponseClause'"
                (compilerSays.Value
                 |> List.filter (fun message -> message.StartsWith "27: ")
                 |> String.concat "; "))
    ]
