// A module of something else: it never answers.
export default 1;
