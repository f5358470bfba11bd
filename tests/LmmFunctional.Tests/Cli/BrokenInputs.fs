namespace LmmFunctional.Tests

open System
open System.IO
open System.IO.Compression
open System.Text
open System.Text.RegularExpressions
open LmmFunctional.Cli

/// <summary>What a broken input did.</summary>
type BrokenRun = {
    Arguments: string list
    Data: byte[]
    Code: int
    Output: string
    Error: string
}

/// <summary>Inputs that are wrong in many ways: files, formulas and options, each from a seed.</summary>
/// <remarks>Also loaded by tests/broken-inputs.fsx, which tries as many as asked.</remarks>
[<RequireQualifiedAccess>]
module BrokenInputs =

    let private pick (random: Random) (items: 'T[]) = items[random.Next items.Length]

    let private chance (random: Random) probability = random.NextDouble() < probability

    // Files

    let private names = [| "y"; "x"; "z"; "g"; "h"; "t"; "day"; "id"; "w"; "f"; "my col"; "ID-Nr." |]

    let private cell (random: Random) scale name row =
        match name with
        | "y" -> (scale * (random.NextDouble() * 10.0 - 2.0)).ToString("G6", Globalization.CultureInfo.InvariantCulture)
        | "x"
        | "z" -> string (random.Next 20)
        | "w" -> string (random.Next 4)
        | "t" -> string (1 + row % 4 + (if row % 4 = 3 then random.Next 3 else 0))
        | "day" -> DateTime(2023, 1, 1).AddDays(float (random.Next 60)).ToString "yyyy-MM-dd"
        | "id" -> $"1234567890123456{row / 4 % 10}"
        | "g" -> $"g{row / 4}"
        | "h" -> $"h{random.Next 3}"
        | "my col" -> string (random.NextDouble())
        | _ -> $"{random.Next 3}"

    let private strange = [|
        ""
        "NA"
        "."
        "-"
        "Inf"
        "-Inf"
        "1e308"
        "-1e308"
        "1e-320"
        "abc"
        "\"1,5\""
        "\"\""
        "99999999999999999999"
        "001"
        "1.10"
        "2023-02-30"
        "7.1.2023"
        "é\u0301"
        " "
        "0"
        "-0"
        "1e5"
        "\t"
        "a:b"
        "g1:h1"
        "(Intercept)"
        "Residual"
        "\u0000"
    |]

    let private table (random: Random) isBroken =
        let rows =
            if isBroken then
                pick random [| 0; 1; 2; 3; 5; 8; 12; 16; 24; 40; 60 |]
            else
                pick random [| 16; 24; 40; 60 |]

        let scale =
            if isBroken then
                pick random [| 1.0; 1.0; 1.0; 1e-12; 1e12; 1e150; 0.0 |]
            else
                1.0

        let kept = names |> Array.filter (fun _ -> not isBroken || chance random 0.97)

        let mistakes =
            if not isBroken || chance random 0.3 then
                0.0
            else
                random.NextDouble() * 0.1

        let lines = [|
            String.Join(',', kept)
            for row in 0 .. rows - 1 do
                kept
                |> Array.map (fun name ->
                    if chance random mistakes then
                        pick random strange
                    else
                        cell random scale name row)
                |> fun cells -> String.Join(',', cells)
        |]

        let spoil (line: string) =
            match random.Next 6 with
            | 0 -> line + ",7"
            | 1 -> line.Substring(0, random.Next(line.Length + 1))
            | 2 -> "\"" + line
            | 3 -> line.Replace(',', ';')
            | 4 -> line + line
            | _ -> ""

        if isBroken && chance random 0.1 then
            let at = random.Next lines.Length
            lines[at] <- spoil lines[at]

        String.Join(pick random [| "\n"; "\r\n"; "\n\n" |], lines)

    let private bytesOf (random: Random) isBroken (text: string) =
        let compressed (bytes: byte[]) =
            use buffer = new MemoryStream()

            using (new GZipStream(buffer, CompressionLevel.Fastest)) (fun gzip -> gzip.Write(bytes, 0, bytes.Length))
            buffer.ToArray()

        let bytes = Encoding.UTF8.GetBytes text

        match (if isBroken then random.Next 30 else 99) with
        | 0 -> compressed bytes
        | 1 -> compressed bytes |> fun bytes -> Array.truncate (random.Next bytes.Length) bytes
        | 2 -> Encoding.Unicode.GetBytes text
        | 3 -> Encoding.Latin1.GetBytes(text + "ü")
        | 4 -> Array.init (random.Next 200) (fun _ -> byte (random.Next 256))
        | 5 -> [||]
        | _ -> bytes

    // Formulas

    let private column (random: Random) =
        match random.Next 100 with
        | 0 -> "nowhere"
        | 1 -> "`my col`"
        | 2 -> "`ID-Nr.`"
        | 3 -> "."
        | 4 -> "pi"
        | _ -> pick random [| "x"; "x"; "z"; "z"; "h"; "h"; "f"; "f"; "t"; "w"; "day"; "g"; "id"; "y" |]

    let rec private expression (random: Random) depth =
        if depth = 0 || chance random 0.5 then
            column random
        else
            let inner () = expression random (depth - 1)

            match random.Next 14 with
            | 0 -> $"log({inner ()})"
            | 1 -> $"I({inner ()} ^ {random.Next 4})"
            | 2 -> $"factor({inner ()})"
            | 3 -> $"poly({inner ()}, {random.Next 6})"
            | 4 -> $"ns({inner ()}, df = {random.Next 6})"
            | 5 -> $"scale({inner ()})"
            | 6 ->
                let contrast = pick random [| "sum"; "helmert"; "poly"; "wrong" |]
                $"C({inner ()}, {contrast})"
            | 7 -> $"offset({inner ()})"
            | 8 -> $"sqrt({inner ()} - {inner ()})"
            | 9 when chance random 0.2 -> $"unknown({inner ()})"
            | 10 -> $"exp({inner ()} * 1000)"
            | _ -> $"bs({inner ()})"

    let private structures = [|
        "ar1"
        "car1"
        "cs"
        "csh"
        "us"
        "toep"
        "toep(2)"
        "toeph"
        "arh1"
        "ad1"
        "arma(1,1)"
        "diag"
        "fa(1)"
        "sp_exp"
        "sp_gau"
        "sp_mat"
        "wrong"
    |]

    let private random' (random: Random) =
        let group =
            pick random [|
                "g"
                "g"
                "g"
                "g"
                "g"
                "h"
                "h"
                "id"
                "id"
                "g/h"
                "g:h"
                "day"
                "nowhere"
                "1"
                "x"
                "ID-Nr."
                "`ID-Nr.`"
            |]

        match random.Next 8 with
        | 0 -> $"(x | {group})"
        | 1 -> $"(x || {group})"
        | 2 -> $"(0 + f | {group})"
        | 3 -> $"{pick random structures}(0 + t | {group})"
        | 4 -> $"known(A | {group})"
        | 5 -> $"kron(us(0 + f), ar1(0 + t) | {group})"
        | 6 -> $"({expression random 1} | {group})"
        | _ -> $"(1 | {group})"

    let private brokenFormula (random: Random) =
        let response =
            pick random [|
                "y"
                "y"
                "y"
                "y"
                "y"
                "y"
                "y"
                "y"
                "y"
                "log(y)"
                "g"
                "y + x"
                "1"
                ""
            |]

        let fixedTerms = List.init (random.Next 4) (fun _ -> expression random 2)
        let randomTerms = List.init (random.Next 3) (fun _ -> random' random)
        let join = pick random [| " + "; " + "; " + "; " * "; ":"; " / "; " - " |]

        let right =
            match
                String.Join(join, fixedTerms)
                :: (if chance random 0.95 then randomTerms else [])
            with
            | [ "" ] -> pick random [| "1"; "0"; "."; "" |]
            | "" :: others -> String.Join(" + ", others)
            | terms -> String.Join((if chance random 0.9 then " + " else join), terms)

        let residual =
            if chance random 0.25 then
                let along = pick random [| "t"; "day"; "1"; "x"; "factor(t)"; "x + z" |]
                let nugget = if chance random 0.3 then " + nugget" else ""
                $"; residual = {pick random structures}({along} | g){nugget}"
            elif chance random 0.1 then
                $"; residual = ident({column random})"
            else
                ""

        let text = $"{response} ~ {right}{residual}"

        if chance random 0.07 && text <> "" then
            let at = random.Next text.Length

            match random.Next 3 with
            | 0 -> text.Remove(at, 1)
            | 1 -> text.Insert(at, string (pick random [| '('; ')'; '|'; '~'; '`'; '"'; '+'; ','; ';'; '\\'; '\000' |]))
            | _ -> text + text.Substring at
        else
            text

    let private good = [|
        "y ~ x + (1 | g)"
        "y ~ x * h + (1 | g)"
        "y ~ x + z + (x | id)"
        "y ~ x + (x || id)"
        "y ~ h * f + (1 | id) + (1 | h:id)"
        "y ~ h + f; residual = ar1(t | g)"
        "y ~ h; residual = us(t | g)"
        "y ~ x; residual = cs(1 | g)"
        "y ~ x; residual = toep(t | g)"
        "y ~ x + ar1(0 + t | id)"
        "y ~ x; residual = ident(h)"
        "y ~ poly(x, 2) + factor(f) + (1 | g/h)"
        "y ~ ns(z, df = 3) + scale(x) + (1 | id)"
        "y ~ day + (1 | id); weights = w"
        "y ~ x + known(A | g)"
        "y ~ `my col` + (1 | `ID-Nr.`)"
        "log(y + 3) ~ x + (1 | g)"
        "y ~ 0 + h + (0 + f | id)"
        "y ~ x"
        "y ~ 1 + (1 | g)"
    |]

    let private formula (random: Random) isBroken =
        if isBroken then brokenFormula random else pick random good

    // Options

    // Options that mean something to a command.
    let private general command = [|
        if command <> "ems" then
            [ "--subset"; "x > 3" ]
            [ "--relevel"; "h=h1" ]
            [ "--na"; ".,-,abc" ]

        if List.contains command [ "fit"; "anova"; "emmeans"; "ci"; "compare"; "verify" ] then
            [ "--ml" ]

        if List.contains command [ "fit"; "anova"; "emmeans"; "plan"; "verify"; "ci"; "compare" ] then
            [ "--json" ]
            [ "--residual"; "ar1(t | g)" ]
            [ "--residual"; "cs(1 | g)" ]

        if List.contains command [ "fit"; "anova"; "emmeans" ] then
            [ "--df"; "kenward-roger" ]
            [ "--df"; "satterthwaite" ]
            [ "--df"; "between-within" ]
            [ "--algorithm"; "em" ]

        if command = "fit" then
            [ "--weights"; "w" ]
            [ "--robust"; "cr2" ]
            [ "--fix"; "Residual=1" ]
            [ "--bound"; "Residual=0..1" ]

        if command = "ems" then
            [ "--levels"; "x=3,z=4" ]

        if
            List.contains command [
                "predict"
                "ranef"
                "residuals"
                "outliers"
                "influence"
                "check"
                "simulate"
            ]
        then
            [ "--json" ]
            [ "--csv" ]
            [ "--residual"; "ar1(t | g)" ]
            [ "--weights"; "w" ]
            [ "--fix"; "Residual=1" ]

        if command = "predict" then
            [ "--effects"; "g" ]
            [ "--effects"; "none" ]
            [ "--interval"; "prediction" ]
            [ "--df"; "asymptotic" ]

        if command = "influence" then
            [ "--by"; "g" ]
            [ "--how"; "exact" ]
            [ "--how"; "one-step" ]

        if command = "outliers" then
            [ "--by"; "g" ]
            [ "--by"; "h" ]
            [ "--model"; "variance" ]
    |]

    let private options (random: Random) isBroken command =
        let value =
            pick random [| "x"; "0"; "-1"; "1e999"; "NaN"; ""; "w"; "g"; "95"; "x=1"; "="; "x=" |]

        let all = [|
            [ "--ml" ]
            [ "--json" ]
            [
                "--df"
                pick random [|
                    "kenward-roger"
                    "satterthwaite"
                    "residual"
                    "containment"
                    "between-within"
                    value
                |]
            ]
            [ "--convention"; pick random [| "sas"; "mmrm"; value |] ]
            [ "--weights"; pick random [| "w"; value |] ]
            [ "--residual"; pick random [| "ar1(t | g)"; "cs(1 | g)"; value |] ]
            [
                "--fix"
                pick random [| "Residual=1"; "g.(Intercept)=0"; "Residual=-1"; value |]
            ]
            [ "--bound"; pick random [| "Residual=0..1"; "g.(Intercept)=2..1"; value |] ]
            [ "--algorithm"; pick random [| "em"; "px-em"; "nr"; "fisher"; value |] ]
            [ "--robust"; pick random [| "cr0"; "cr2"; value |] ]
            [ "--level"; pick random [| "0.9"; value |] ]
            [
                "--subset"
                pick random [| "x > 3"; "g == 'g1'"; "y < 0 |"; "is.na(x)"; "nowhere > 1"; value |]
            ]
            [ "--relevel"; pick random [| "g=g1"; "h=h2"; "x=3"; value |] ]
            [ "--levels"; pick random [| "h=h0,h1,h2"; "h=h0"; value |] ]
            [ "--na"; pick random [| ".,-"; "0"; value |] ]
            [ "--separator"; pick random [| ";"; "tab"; value |] ]
            [ "--decimal"; pick random [| ","; value |] ]
            [ "--type"; pick random [| "1"; "2"; "9"; value |] ]
            [ "--contrast"; pick random [| "pairwise"; "trt.vs.ctrl"; "poly"; value |] ]
            [ "--adjust"; pick random [| "tukey"; "holm"; "mvt"; value |] ]
            [ "--at"; pick random [| "x=1,2"; "x="; value |] ]
            [ "--by"; pick random [| "g"; "row"; value |] ]
            [ "--model"; pick random [| "variance"; value |] ]
            [ "--interval"; pick random [| "prediction"; value |] ]
            [ "--effects"; pick random [| "none"; "g,h"; value |] ]
            [ "--new"; value ]
            [ "--rows"; value ]
            [ value ]
        |]

        [
            if command = "emmeans" then
                "--over"
                pick random [| "h"; "f"; "h | f"; "nowhere"; "x"; "factor(f)" |]

            if command = "ci" then
                "--wald"

            for _ in 1 .. (if isBroken then 1 + random.Next 2 else random.Next 2) do
                if not isBroken || chance random 0.5 then
                    yield! pick random (general command)
                else
                    yield! pick random all
        ]

    let private pedigree (random: Random) isBroken =
        let parent () =
            pick random [| "0"; "."; "g1"; "g2"; "g3"; "g99"; ""; "unknown"; "fremd" |]

        let older k =
            if k < 4 then "0" else $"g{random.Next k}"

        String.Join(
            "\n",
            [
                "animal,sire,dam"
                for k in 0 .. (if isBroken then random.Next 12 else 15) do
                    if isBroken then
                        $"g{k},{parent ()},{parent ()}"
                    else
                        $"g{k},{older k},{older k}"
            ]
        )

    // The last ones are for broken options.
    let private commands = [|
        "fit"
        "fit"
        "fit"
        "fit"
        "anova"
        "emmeans"
        "plan"
        "verify"
        "ci"
        "compare"
        "r2"
        "predict"
        "ranef"
        "residuals"
        "outliers"
        "influence"
        "check"
        "simulate"
        "anova-table"
        "ems"
        "variance-test"
        "fti"
    |]

    let private dataOf folder (seed: int) = Path.Combine(folder, $"{seed}.csv")

    let private animalsOf folder (seed: int) =
        Path.Combine(folder, $"{seed}-pedigree.csv")

    /// <summary>Writes the files of one input; the arguments that go with them.</summary>
    /// <param name="folder">Takes its files.</param>
    /// <param name="seed">Says which.</param>
    let prepare (folder: string) (seed: int) : string list =
        let random = System.Random seed
        // Mostly one part is broken: what is wrong elsewhere would hide what it does.
        let kind = random.Next 6
        let isBroken part = kind = part || kind = 5
        let data, animals = dataOf folder seed, animalsOf folder seed
        let bytes = table random (isBroken 0) |> bytesOf random (isBroken 0)
        File.WriteAllBytes(data, bytes)
        File.WriteAllText(animals, pedigree random (isBroken 3))

        let command =
            pick random (if isBroken 2 then commands else Array.truncate 19 commands)

        let model =
            if kind = 3 then
                "y ~ x + known(A | g)"
            else
                formula random (isBroken 1)

        [
            command
            if not (isBroken 2 && chance random 0.02) then
                data
            if not (isBroken 2 && chance random 0.02) then
                model
            if command = "compare" then
                formula random (isBroken 1)
            yield! options random (isBroken 2) command
            if model.Contains "known" && (not (isBroken 2) || chance random 0.8) then
                "--pedigree"
                $"A={animals}"
        ]

    /// <summary>Runs one input.</summary>
    /// <param name="folder">Takes its files.</param>
    /// <param name="seed">Says which.</param>
    let run (folder: string) (seed: int) : BrokenRun =
        let arguments = prepare folder seed
        let bytes = File.ReadAllBytes(dataOf folder seed)
        use output = new StringWriter()
        use error = new StringWriter()
        let code = Cli.run (Array.ofList arguments) output error
        File.Delete(dataOf folder seed)
        File.Delete(animalsOf folder seed)

        {
            Arguments = arguments
            Data = bytes
            Code = code
            Output = output.ToString()
            Error = error.ToString()
        }

    let private notANumber = Regex @"(?<![A-Za-z])NaN(?![A-Za-z])"

    /// <summary>What is wrong with a run: nothing, or in words.</summary>
    let faults (run: BrokenRun) : string list = [
        if run.Code = 70 || not (List.contains run.Code [ 0; 2; 3; 4 ]) then
            $"exit code {run.Code}"

        if notANumber.IsMatch run.Output then
            "NaN in the output"

        if run.Code = 2 && String.IsNullOrWhiteSpace run.Error then
            "no words"

        let problems =
            run.Error.Split('\n')
            |> Array.filter (fun line -> not (line.StartsWith "iteration"))

        if run.Code = 2 && problems.Length > 80 then
            "more lines of problems than anybody reads"

        if run.Code <> 2 && run.Output = "" then
            "no output"
    ]

    /// The arguments, the faults and the data of a run.
    let describe (run: BrokenRun) =
        let arguments =
            run.Arguments |> List.map (fun text -> $"'{text}'") |> String.concat " "

        let faults = String.concat "; " (faults run)
        $"{faults}\nlmm {arguments}\n{run.Error.TrimEnd()}"
