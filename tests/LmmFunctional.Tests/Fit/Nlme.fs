namespace LmmFunctional.Tests

open System.IO
open System.Text.Json
open LmmFunctional

/// Results of nlme (R 4.2.2, nlme 3.1-162) in tests/data/reference/nlme.json.
[<RequireQualifiedAccess>]
module Nlme =

    let private correlations = [ "corStruct" ]
    let private heterogeneous = [ "varStruct"; "corStruct" ]

    let private ovary =
        "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time) + (1 + sin(2 * pi * Time) || Mare)"

    let private trial = "score ~ base + arm * visit"

    /// Cases with the formula of each and what its parameters are called.
    let cases = [
        "orthodont-un", "distance ~ age * Sex; residual = us(age | Subject)", heterogeneous
        "orthodont-cs", "distance ~ age * Sex; residual = cs(age | Subject)", correlations
        "orthodont-ar1", "distance ~ age * Sex; residual = ar1(age | Subject)", correlations
        "orthodont-arh1", "distance ~ age * Sex; residual = arh1(age | Subject)", heterogeneous
        "orthodont-bysex", "distance ~ age * Sex + (age | Subject); residual = ident(Sex)", heterogeneous
        "ovary-ar1", $"{ovary}; residual = ar1(1 | Mare)", correlations
        "ovary-arma11", $"{ovary}; residual = arma(1,1)(1 | Mare)", correlations
        "bodyweight-varpower",
        "weight ~ Time * Diet + (Time | Rat); residual = varpower(fitted())",
        [ "corStruct"; "varStruct" ]
        "bodyweight-varpower-exp",
        "weight ~ Time * Diet + (Time | Rat); residual = sp_exp(Time | Rat) * varpower(fitted())",
        [ "corStruct"; "varStruct" ]
        "wheat2-gaus", "yield ~ variety; residual = sp_gau(latitude + longitude) + nugget", correlations
        "wheat2-ratio", "yield ~ variety; residual = sp_ratio(latitude + longitude) + nugget", correlations
        "bodyweight-ratio", "weight ~ Time * Diet; residual = sp_ratio(Time | Rat)", correlations
        "trial-un", $"{trial}; residual = us(visit | subject)", heterogeneous
        "trial-ar1", $"{trial}; residual = ar1(visit | subject)", correlations
        "trial-car1", $"{trial}; residual = car1(week | subject)", correlations
    ]

    /// Cases in which nlme stops on a range that grows without end.
    let flat = [
        "wheat2-exp", "yield ~ variety; residual = sp_exp(latitude + longitude) + nugget"
        "wheat2-sph", "yield ~ variety; residual = sp_sph(latitude + longitude) + nugget"
    ]

    /// All cases by their names.
    let references =
        lazy
            [
                for case in
                    (JsonDocument.Parse(File.ReadAllText(TestData.reference "nlme"))).RootElement.EnumerateArray() ->
                    string (case.GetProperty("id").GetString()), case
            ]

    /// The REML fit of a formula to a data file.
    let fit file formula =
        match
            Csv.read (TestData.csv file)
            |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame formula)
        with
        | Ok fit -> fit
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")
