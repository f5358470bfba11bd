namespace LmmFunctional.Properties

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>Covariance structures for random models, and the columns that they run along.</summary>
/// <remarks>Subjects <c>id</c> of two arms at three sites have up to four visits at times <c>t</c>; the first ones miss none,
/// so that every structure is determined. <c>fr</c> and <c>fc</c> are rows and columns of a field, <c>a</c> animals of a
/// pedigree whose matrix is called <c>A</c>; <c>v</c> is positive and multiplies the true residuals, <c>u</c> is any number.
/// </remarks>
[<RequireQualifiedAccess>]
module internal RandomStructures =

    /// Structures with a parameter or two: beside them there is room for effects of the subjects.
    let residuals = [
        "ident(arm)"
        "varpower(v)"
        "varexp(u)"
        "varconstpower(v)"
        "diag(visit | id)"
        "ident(visit) * varpower(v)"
        "ar1(visit | id)"
        "ar1(1 | id) * varpower(v)"
        "ar1(visit | id) per arm"
        "car1(t | id)"
        "arma(1,1)(visit | id)"
        "sp_exp(t | id)"
        "sp_exp(t | id) * ident(arm)"
        "toep(2)(visit | id)"
        "arh1(visit | id)"
    ]

    /// Structures that leave nothing to effects of the subjects.
    let richResiduals = [
        "cs(visit | id)"
        "csh(visit | id)"
        "cs(visit | id) * varconstpower(v) * ident(arm)"
        "sp_exp(t | id) + nugget"
        "sp_gau(t + u | id)"
        "sp_mat(1.5)(t + u | id)"
        "sp_powa(t + u | id)"
        "toep(visit | id)"
        "toeph(visit | id)"
        "ad1(visit | id)"
        "fa(1)(visit | id)"
        "us(visit | id)"
        "us(visit | id) per arm"
        "kron(ar1(fr), ar1(fc))"
        "kron(ar1(fr), ar1(fc)) + nugget"
    ]

    /// Random terms beside residual structures with room for them.
    let besideResiduals = [
        ""
        "(1 | site)"
        "(1 | id)"
        "(t | id)"
        "(t || id)"
        "(1 | site) + (1 | id)"
    ]

    /// Random terms with structures, or with related levels.
    let randoms = [
        "id(0 + f | g)"
        "diag(0 + f | g)"
        "cs(0 + f | g)"
        "csh(0 + f | g)"
        "ar1(0 + visit | id)"
        "arh1(0 + visit | id)"
        "cs(0 + visit | id)"
        "toep(2)(0 + visit | id)"
        "sp_exp(0 + t | id)"
        "fa0(1)(0 + f | g)"
        "(1 | id per arm)"
        "(x | g) + cs(0 + f | h)"
        "(1 | g) + cs(0 + f | h)"
        "cs(0 + f | h) + (1 | g)"
        "ar1(0 + visit | id) + (1 | site)"
        "known(A | a)"
        "known(A | a) + (1 | g)"
        "known(A | a) + (x | h)"
        "kron(us(1 + x), known(A) | a)"
        "kron(us(0 + arm), ar1(0 + visit) | id)"
    ]

    let private visits = 4

    // The first subjects have all visits.
    let private complete = 4

    /// Subject and visit of every row, in a random order now and then.
    let private places (random: Random) rows =
        let missing = if random.Next 2 = 0 then 0.0 else 0.25

        let found =
            Seq.initInfinite (fun i -> i / visits, i % visits)
            |> Seq.filter (fun (id, _) -> id < complete || random.NextDouble() >= missing)
            |> Seq.truncate rows
            |> Array.ofSeq

        if random.Next 3 = 0 then
            random.Shuffle found

        found

    /// Founders and their offspring, one animal mated with its own parent now and then.
    let private pedigree (random: Random) =
        Array.init 12 (fun k ->
            let parent () =
                if k < 4 || random.Next 6 = 0 then
                    ""
                else
                    $"a{random.Next k}"

            $"a{k}", parent (), parent ())

    /// The matrix between the animals of a seed: by the sparse inverse of their pedigree, or dense.
    let relationship seed : Relationship option =
        let random = Random(seed: int)

        match Pedigree.ofRows (pedigree random) with
        | Error _ -> None
        | Ok pedigree ->
            let sparse = Relationship.ofPedigree pedigree

            if random.Next 2 = 0 then
                Some sparse
            else
                let n = pedigree.Count
                // Any positive semidefinite matrix is a relationship.
                let b = Array2D.init n (n - 2) (fun _ _ -> random.NextDouble() - 0.5)

                Matrix.init n n (fun i j -> Seq.init (n - 2) (fun k -> b[i, k] * b[j, k]) |> Seq.sum)
                |> Relationship.ofMatrix pedigree.Animals
                |> Result.toOption

    /// A column of numbers.
    let number (values: float[]) =
        Column.Numeric(ImmutableArray.CreateRange values)

    /// A column of levels, in the order of their codes: below ten, or all of as many digits.
    let text prefix (codes: int[]) =
        let known = codes |> Array.distinct |> Array.sort
        let levels = known |> Seq.map (fun code -> $"{prefix}{code}")
        let place = codes |> Seq.map (fun code -> Array.IndexOf(known, code))
        Column.Categorical(ImmutableArray.CreateRange levels, ImmutableArray.CreateRange place)

    /// <summary>The columns, and what subjects, animals and serial correlation add to the response; effects have the given
    /// size.</summary>
    let columns seed rows (size: float) (normal: Random -> float) : (string * Column) list * float[] =
        let random = Random(seed: int)
        let places = places random rows
        let ids = places |> Array.map fst
        let visit = places |> Array.map snd
        let time = visit |> Array.map (fun own -> float own + 0.5 * float (own / 2))
        let v = Array.init rows (fun _ -> 0.5 + 2.0 * random.NextDouble())
        let u = Array.init rows (fun _ -> normal random)
        let animals = Array.init rows (fun i -> if i < 12 then i else random.Next 12)
        let ofIds = Array.init (1 + Array.max ids) (fun _ -> size * normal random)
        let ofAnimals = Array.init 12 (fun _ -> size * normal random)

        // Along the visits of each subject, in their order.
        let serial =
            let states =
                Array.init ofIds.Length (fun _ -> Array.init visits (fun _ -> normal random))

            for state in states do
                for k in 1 .. visits - 1 do
                    state[k] <- 0.6 * state[k - 1] + 0.8 * state[k]

            Array.map2 (fun id k -> states[id].[k]) ids visit

        [
            "id", text "s" (ids |> Array.map ((+) 10))
            "visit", text "v" visit
            "t", number time
            "v", number v
            "u", number u
            "arm", text "b" (ids |> Array.map (fun id -> id % 2))
            "site", text "c" (ids |> Array.map (fun id -> id % 3))
            "fr", number (Array.init rows (fun i -> float (i / 6)))
            "fc", number (Array.init rows (fun i -> float (i % 6)))
            "a",
            Column.Categorical(
                ImmutableArray.CreateRange(Seq.init 12 (fun k -> $"a{k}")),
                ImmutableArray.CreateRange animals
            )
        ],
        Array.init rows (fun i -> ofIds[ids[i]] + ofAnimals[animals[i]] + sqrt v[i] * serial[i])
