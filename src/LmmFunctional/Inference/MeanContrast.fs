namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model

/// <summary>Comparisons of the means of one family.</summary>
[<RequireQualifiedAccess>]
type MeanContrast =
    /// Each with each: the earlier less the later.
    | Pairwise
    /// Each less one reference, the first unless it is named by the text of its levels.
    | Reference of level: string option
    /// Orthogonal polynomials over equal steps, in whole numbers; at most of degree six.
    | Polynomial
    /// Each less the one before it.
    | Consecutive
    /// Each less the mean of all.
    | Effects
    /// Weights of one's own, by name: one for each mean of a family.
    | Custom of (string * float list) list

/// <summary>A comparison: what it is called, as difference and as ratio, and its weights.</summary>
type internal WeightedContrast = {
    Name: string
    RatioName: string
    Weights: float[]
}

/// <summary>Comparisons by name, and their weights.</summary>
[<RequireQualifiedAccess>]
module MeanContrast =

    /// The names by which comparisons are chosen in text.
    let names = [ "pairwise"; "reference"; "poly"; "consec"; "eff" ]

    /// <summary>The comparison of a name, whatever its case.</summary>
    /// <returns>The comparison, or: the name is not known.</returns>
    let ofName (name: string) : Result<MeanContrast, LmmError list> =
        match name.ToLowerInvariant() with
        | "pairwise" -> Ok MeanContrast.Pairwise
        | "reference" -> Ok(MeanContrast.Reference None)
        | "poly" -> Ok MeanContrast.Polynomial
        | "consec" -> Ok MeanContrast.Consecutive
        | "eff" -> Ok MeanContrast.Effects
        | _ -> Error [ LmmError.UnknownChoice("contrast", name, names) ]

    /// The adjustment that goes with a comparison unless another is asked for.
    let usualAdjustment contrast =
        match contrast with
        | MeanContrast.Pairwise -> Adjustment.Tukey
        | MeanContrast.Reference _ -> Adjustment.Dunnett
        | MeanContrast.Consecutive -> Adjustment.Sidak
        | MeanContrast.Effects -> Adjustment.Fdr
        | MeanContrast.Polynomial
        | MeanContrast.Custom _ -> Adjustment.None

    let private isOperator c = "+-*/".Contains(c: char)

    // A level such as 'low-dose' must not read as a difference.
    let private enclosed (label: string) =
        if Seq.exists isOperator label then $"({label})" else label

    let private difference (labels: string[]) i j = {
        Name = $"{enclosed labels[i]} - {enclosed labels[j]}"
        RatioName = $"{enclosed labels[i]} / {enclosed labels[j]}"
        Weights =
            Array.init labels.Length (fun k ->
                if k = i then 1.0
                elif k = j then -1.0
                else 0.0)
    }

    let private single name weights = {
        Name = name
        RatioName = name
        Weights = weights
    }

    let private degree index =
        match index with
        | 1 -> "linear"
        | 2 -> "quadratic"
        | 3 -> "cubic"
        | 4 -> "quartic"
        | _ -> $"degree {index}"

    /// Weights scaled to the smallest whole numbers.
    let private whole (weights: float[]) =
        let smallest =
            weights |> Array.map abs |> Array.filter (fun w -> w > 1e-8) |> Array.min

        let unit = weights |> Array.map (fun w -> w / smallest)

        let isWhole (values: float[]) =
            values
            |> Array.forall (fun w -> abs (w - Math.Round w) < 1e-6 * max 1.0 (abs w))

        // No table of orthogonal polynomials has a smallest weight above a thousand for a few dozen means.
        match
            Seq.init 1000 (fun m -> unit |> Array.map (fun w -> float (m + 1) * w))
            |> Seq.tryFind isWhole
        with
        | Some found -> found |> Array.map (fun w -> Math.Round w + 0.0)
        | None -> weights

    let private polynomials (k: int) =
        let x = Array.init k (fun i -> float i - 0.5 * float (k - 1))

        // Gram-Schmidt on a few powers of small numbers.
        ([ Array.create k 1.0 ], [ 1 .. min 6 (k - 1) ])
        ||> List.fold (fun found _ ->
            let power = Array.map2 (*) x (List.head found)

            let rest =
                (power, found)
                ||> List.fold (fun left own ->
                    let share =
                        SatterthwaiteAndKenwardRoger.dot left own
                        / SatterthwaiteAndKenwardRoger.dot own own

                    Array.map2 (fun a b -> a - share * b) left own)

            rest :: found)
        |> List.rev
        |> List.tail
        |> List.mapi (fun index weights -> single (degree (index + 1)) (whole weights))

    let private wrongLevel (labels: string[]) level =
        Error [ LmmError.UnknownChoice("level", level, List.ofArray labels) ]

    /// <summary>The comparisons of the means with these labels.</summary>
    /// <returns>The comparisons, or: there is no such reference, or weights are too few or too many.</returns>
    let internal weights (labels: string[]) contrast : Result<WeightedContrast list, LmmError list> =
        let k = labels.Length

        match contrast with
        | MeanContrast.Pairwise ->
            Ok [
                for i in 0 .. k - 2 do
                    for j in i + 1 .. k - 1 -> difference labels i j
            ]
        | MeanContrast.Reference level ->
            match level with
            | None -> Ok [ for i in 1 .. k - 1 -> difference labels i 0 ]
            | Some level ->
                match Array.IndexOf(labels, level) with
                | -1 -> wrongLevel labels level
                | reference ->
                    Ok [
                        for i in 0 .. k - 1 do
                            if i <> reference then
                                difference labels i reference
                    ]
        | MeanContrast.Consecutive -> Ok [ for i in 1 .. k - 1 -> difference labels i (i - 1) ]
        | MeanContrast.Polynomial -> Ok(if k < 2 then [] else polynomials k)
        | MeanContrast.Effects ->
            Ok [
                for i in 0 .. k - 1 ->
                    single
                        $"{enclosed labels[i]} effect"
                        (Array.init k (fun j -> (if i = j then 1.0 else 0.0) - 1.0 / float k))
            ]
        | MeanContrast.Custom rows ->
            rows
            |> List.map (fun (name, weights) ->
                if weights.Length = k && weights |> List.exists ((<>) 0.0) then
                    Ok(single name (Array.ofList weights))
                else
                    let means = Plural.count k "mean"
                    let levels = String.concat ", " labels

                    Error [
                        LmmError.WrongArguments(
                            name,
                            $"{means} need as many weights, not all zero, not {weights.Length}: {levels}."
                        )
                    ])
            |> Problems.all
