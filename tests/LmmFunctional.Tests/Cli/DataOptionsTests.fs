/// <summary>How data are read, by the options of the command line.</summary>
module LmmFunctional.Tests.DataOptionsTests

open System
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open LmmFunctional.Cli

let private run (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

let private onFile (name: string) (bytes: byte[]) command arguments =
    let folder = Directory.CreateTempSubdirectory "lmm-data-"
    let path = Path.Combine(folder.FullName, name)

    try
        File.WriteAllBytes(path, bytes)
        run ([ command; path ] @ arguments)
    finally
        folder.Delete true

let private onText (text: string) =
    onFile "data.csv" (Encoding.UTF8.GetBytes text)

let private plain = "y,g,x\n1,a,1\n2.5,a,3\n4,b,2\n3,b,5\n6,c,4\n8,c,6\n"

let private model = "y ~ x + (1 | g)"

let private withoutTime (text: string) =
    text.Split '\n'
    |> Array.filter (fun line -> not (line.Contains " s" && line.Contains "iteration"))
    |> String.concat "\n"

let private expected =
    lazy
        (let _, output, _ = onText plain "fit" [ model ]
         withoutTime output)

let private isSame (code: int, output: string, error: string) =
    Check.isEmpty error
    Check.equal 0 code
    Check.equal expected.Value (withoutTime output)

[<Tests>]
let tests =
    testList "DataOptionsTests" [
        testCase "the same data in other files give the same fit" (fun () ->
            onText (plain.Replace(',', ';')) "fit" [ model; "--separator"; ";" ] |> isSame

            onText (plain.Replace(',', '\t')) "fit" [ model; "--separator"; "tab" ]
            |> isSame

            onText (plain.Replace(',', ';').Replace('.', ',')) "fit" [ model; "--decimal"; "," ]
            |> isSame

            onText (plain + "-9,c,7\n5,.,7\n") "fit" [ model; "--na"; "., -9"; "--subset"; "!is.na(y) & !is.na(g)" ]
            |> isSame

            onText (plain + "7,d,7\n9,d,1\n") "fit" [ model; "--subset"; "g != 'd'" ]
            |> isSame

            let compressed =
                use buffer = new MemoryStream()

                using (new GZipStream(buffer, CompressionLevel.Fastest)) (fun gzip ->
                    gzip.Write(ReadOnlySpan(Encoding.UTF8.GetBytes plain)))

                buffer.ToArray()

            onFile "data.csv.gz" compressed "fit" [ model ] |> isSame)

        testCase "the reference level is the first" (fun () ->
            let names arguments =
                let _, output, _ = onText plain "fit" ([ "y ~ g"; "--json" ] @ arguments)
                use json = System.Text.Json.JsonDocument.Parse output

                [
                    for effect in json.RootElement.GetProperty("fixef").EnumerateArray() ->
                        effect.GetProperty("name").ToString()
                ]

            names [] |> Texts.equal [ "(Intercept)"; "gb"; "gc" ]
            names [ "--relevel"; "g=b" ] |> Texts.equal [ "(Intercept)"; "ga"; "gc" ]
            names [ "--levels"; "g=c,b,a" ] |> Texts.equal [ "(Intercept)"; "gb"; "ga" ])

        testCases
            "every command with data has the options"
            [ "anova"; "plan"; "ci"; "compare" ]
            (fun (command: string) ->
                let own = if command = "compare" then [ "y ~ 1 + (1 | g)" ] else []

                let code, _, error =
                    onText (plain.Replace(',', ';')) command ([ model ] @ own @ [ "--separator"; ";" ])

                Check.isEmpty error
                Check.equal 0 code)

        testCases
            "what is wrong with an option"
            [
                "--separator xy", "'--separator xy' is no mark between columns; write --separator \";\", tab or space."
                "--separator a", "'--separator a' is no mark between columns; write --separator \";\", tab or space."
                "--decimal :", "'--decimal :' is neither a point nor a comma."
                "--decimal , --separator ,",
                "a comma cannot be both the separator and the decimal mark; write --separator \";\"."
                "--na ,", "--na names no code; write --na \"., *, -9\"."
                "--relevel g", "'--relevel g' has no column or no level; write --relevel f=B."
                "--levels =A", "'--levels =A' has no column or no level; write --levels f=A,B,C."
                "--subset x>1 --subset x>2", "'--subset' is there twice; write it once."
                "--subset", "argument '--subset' must be followed by <CONDITION>; 'lmm fit --help' lists the arguments."
            ]
            (fun (options: string, expected: string) ->
                let code, output, error =
                    run ([ "fit"; "data.csv"; "y~x" ] @ List.ofArray (options.Split ' '))

                Check.equal ($"lmm: {expected}") error
                Check.equal 2 code
                Check.isEmpty output)

        testCase "a command without data has no use for them" (fun () ->
            let code, _, _ = run [ "ems"; "A*B"; "--levels"; "A=4,B=5"; "--reps"; "2" ]
            Check.equal 0 code

            let code, _, error =
                run [ "ems"; "A*B"; "--levels"; "A=4,B=5"; "--reps"; "2"; "--subset"; "x > 1" ]

            Check.equal 2 code
            Check.equal "lmm: '--subset' means nothing to 'lmm ems'; 'lmm fit' takes it." error
            let code, _, error = run [ "--version"; "--subset"; "x > 1" ]
            Check.equal 2 code
            Check.equal "lmm: unrecognized argument: '--subset'; lmm --version takes none." error)

        testCase "the help of a command lists them" (fun () ->
            let code, output, _ = run [ "fit"; "--help" ]
            Check.equal 0 code

            for option in DataOptions.table do
                Check.contains option.Name output

            Check.isTrue (output.Split '\n' |> Array.forall (fun line -> line.TrimEnd().Length <= 80)))
    ]
