namespace LmmFunctional.Data.Tests

open System
open System.IO
open LmmFunctional
open LmmFunctional.Tests

/// <summary>The reference data sets, each with a model.</summary>
[<RequireQualifiedAccess>]
module DataSets =

    let orRaise (result: Result<'ok, LmmError list>) : 'ok =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let problems (result: Result<'ok, LmmError list>) : string list =
        match result with
        | Ok _ -> []
        | Error problems -> problems |> List.map LmmError.describe

    /// Models with random terms over independent residuals.
    let models = [
        "atmwtag", "weight ~ 1 + (1 | instrument)"
        "bioequivalence", "log_data ~ formulation + period + sequence + (1 | subject)"
        "bodyweight", "weight ~ Time * Diet + (Time | Rat)"
        "cake", "angle ~ recipe * temperature + (1 | recipe:replicate)"
        "crossed_trials", "response ~ arm + (1 | subject) + (1 | item)"
        "dyestuff", "Yield ~ 1 + (1 | Batch)"
        "dyestuff2", "Yield ~ 1 + (1 | Batch)"
        "fev", "FEV1 ~ RACE + SEX + ARMCD * AVISIT + (1 | USUBJID)"
        "machines", "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)"
        "nested_chain", "y ~ 1 + (1 | a) + (1 | a:b)"
        "oats", "yield ~ nitro * Variety + (1 | Block / Variety)"
        "orthodont", "distance ~ age * Sex + (age | Subject)"
        "ovary", "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time) + (1 | Mare)"
        "pastes", "strength ~ 1 + (1 | batch) + (1 | sample)"
        "pastry_dough", "`Longitudinal Expansion Index` ~ `Flow Rate` + `Moisture Content` + (1 | Day)"
        "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"
        "penicillin_blend", "yield ~ process + (1 | blend)"
        "pigment", "moisture ~ 1 + (1 | batch) + (1 | batch:sample)"
        "sirstv", "resistance ~ 1 + (1 | instrument)"
        "sleepstudy", "Reaction ~ Days + (Days | Subject)"
        "trial", "score ~ base + arm * visit + (1 | subject)"
        "wheat2", "yield ~ variety + (1 | Block)"
    ]

    let csv name = Csv.read (TestData.csv name) |> orRaise

    /// All files of data, with those that have no model here.
    let all = "insteval" :: "sleepstudy_new" :: List.map fst models

    let named (frame: Frame) =
        Seq.zip frame.Names frame.Columns |> List.ofSeq

    let isMissing (column: Column) row =
        match column with
        | Column.Numeric values
        | Column.Labelled(values, _) -> Double.IsNaN values[row]
        | Column.Categorical(_, codes) -> codes[row] < 0

    /// Columns of numbers without the texts that wrote them, which other sources do not have.
    let withoutTexts (frame: Frame) =
        named frame
        |> List.map (fun (name, column) ->
            match column with
            | Column.Labelled(values, _) -> name, Column.ofFloats values
            | column -> name, column)

    /// Runs with the path of a file that is deleted afterwards.
    let withFile (extension: string) (run: string -> 'result) : 'result =
        let path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + extension)

        try
            run path
        finally
            File.Delete path
