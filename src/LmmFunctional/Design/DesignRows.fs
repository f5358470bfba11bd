namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>A design on some of its rows, with the columns it has: nothing is coded anew.</summary>
[<RequireQualifiedAccess>]
module internal DesignRows =

    let private pick (rows: int[]) (values: 'value[]) : 'value[] =
        rows |> Array.map (fun row -> values[row])

    /// The levels that codes use, in their order, and the codes among them.
    let private used (levels: ImmutableArray<string>) (codes: int[]) : ImmutableArray<string> * int[] =
        let isUsed = Array.create levels.Length false

        for code in codes do
            isUsed[code] <- true

        let kept = [| 0 .. levels.Length - 1 |] |> Array.filter (fun level -> isUsed[level])

        let place = Array.create levels.Length -1
        kept |> Array.iteri (fun at level -> place[level] <- at)

        ImmutableArray.CreateRange(kept |> Seq.map (fun level -> levels[level])),
        codes |> Array.map (fun code -> place[code])

    let private ofRandom rows (term: RandomDesign) =
        let own = pick rows term.Codes

        // Related levels have effects without a row too.
        let levels, codes =
            match term.Relationship with
            | Some _ -> term.Levels, own
            | None -> used term.Levels own

        {
            term with
                Levels = levels
                Codes = codes
                Columns = term.Columns |> Array.map (pick rows)
        }

    let private ofResidual rows (residual: ResidualDesign) =
        let subjects, codes = used residual.Subjects (pick rows residual.SubjectCodes)

        {
            residual with
                Subjects = subjects
                SubjectCodes = codes
                Factors =
                    residual.Factors
                    |> List.map (fun axis -> {
                        axis with
                            Position = pick rows axis.Position
                    })
                Levels =
                    residual.Levels
                    |> Option.map (fun (name, levels, codes) -> name, levels, pick rows codes)
                Variances =
                    residual.Variances
                    |> List.map (fun (variance, values) ->
                        variance,
                        match values with
                        | VarianceValues.Groups(levels, codes) -> VarianceValues.Groups(levels, pick rows codes)
                        | VarianceValues.Covariate values -> VarianceValues.Covariate(pick rows values)
                        | VarianceValues.FittedValues -> VarianceValues.FittedValues)
        }

    /// <summary>The design on these rows, counted among those used, ascending: the same columns of X and effects, the levels
    /// that are left.</summary>
    let select (rows: int[]) (design: Design) : Design =
        let x = design.Fixed.Matrix

        {
            design with
                Response = pick rows design.Response
                Offset = design.Offset |> Option.map (pick rows)
                Weights = design.Weights |> Option.map (pick rows)
                Fixed = {
                    design.Fixed with
                        Matrix = Matrix.init rows.Length x.Columns (fun i j -> x[rows[i], j])
                }
                Random = design.Random |> List.map (ofRandom rows)
                Residual = design.Residual |> Option.map (ofResidual rows)
                Rows = pick rows design.Rows
        }

    /// Whether the columns of X are independent on the rows of a design.
    let isFullRank (design: Design) : bool =
        let x = design.Fixed.Matrix

        x.Rows >= x.Columns
        && (Rank.find x.Rows x.Columns x.Values).Kept.Length = x.Columns
